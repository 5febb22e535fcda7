#include "edge/inputs.h"

#include <algorithm>
#include <array>
#include <iostream>

#include "core/error.h"
#include "core/files.h"

namespace clipstill::cli {
namespace {

bool is_image_name(const fs::path& path) {
  static constexpr std::array<std::string_view, 4> kExtensions{".jpg", ".jpeg", ".png", ".webp"};
  auto extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

}  // namespace

StringList read_stdin_lines() {
  StringList lines;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::filesystem::path> find_images(const StringList& words) {
  std::vector<fs::path> images;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word.empty()) {
      fail(ErrorCode::kUsage,
           "input {} (argument or line) is empty; expected an image file or a folder of them",
           i + 1);
    }
    if (!fs::is_directory(word)) {
      if (!fs::exists(word)) fail(ErrorCode::kMissingFile, "{}: no such file or folder", word);
      images.emplace_back(word);
      continue;
    }
    const size_t before = images.size();
    for (const auto& file : list_files(word)) {
      if (is_image_name(file)) images.push_back(file);
    }
    if (images.size() == before) {
      fail(ErrorCode::kMissingFile, "{}: no .jpg, .jpeg, .png or .webp file in or below it", word);
    }
  }
  return images;
}

}  // namespace clipstill::cli
