// An input that stands for several files: each part begins with a line "=== NAME".
#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>

namespace clipstill::fuzz {

/// Writes the parts that are named in `names` into `folder`, and removes the files of the other
/// names, so that no input sees what another one left. Parts of other names are passed over.
inline void write_parts(std::string_view input, const std::filesystem::path& folder,
                        std::initializer_list<const char*> names) {
  constexpr std::string_view kMark = "=== ";
  for (const char* name : names) std::filesystem::remove(folder / name);
  while (input.starts_with(kMark)) {
    input.remove_prefix(kMark.size());
    const auto line_end = input.find('\n');
    if (line_end == std::string_view::npos) return;
    const auto name = input.substr(0, line_end);
    input.remove_prefix(line_end + 1);
    const auto next = input.find("\n=== ");
    const auto content = input.substr(0, next);
    for (const char* known : names) {
      if (name == known) std::ofstream(folder / known, std::ios::binary) << content;
    }
    if (next == std::string_view::npos) return;
    input.remove_prefix(next + 1);
  }
}

}  // namespace clipstill::fuzz
