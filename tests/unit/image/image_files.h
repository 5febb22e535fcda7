// The encoded images of tests/data/image, which the reference scripts made.
#pragma once

#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/files.h"

namespace clipstill::image {

struct EncodedImage {
  std::string name, bytes;

  std::span<const uint8_t> span() const { return bytes_of(bytes); }
};

inline EncodedImage encoded_image(const std::string& name) {
  return {name, read_file(fs::path(CLIPSTILL_TEST_DATA) / "image" / name)};
}

inline std::vector<EncodedImage> encoded_images() {
  std::vector<EncodedImage> images;
  for (const auto& entry : fs::directory_iterator(fs::path(CLIPSTILL_TEST_DATA) / "image")) {
    const auto extension = entry.path().extension();
    if (extension == ".json" || extension == ".bin") continue;
    images.push_back(encoded_image(entry.path().filename().string()));
  }
  std::ranges::sort(images, {}, &EncodedImage::name);
  return images;
}

}  // namespace clipstill::image
