// Safetensors files put together by hand, so that the reader is not tested against our writer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle/safetensors_header.h"
#include "core/bytes.h"

namespace clipstill::bundle {

inline std::string length_prefix(uint64_t length) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(length >> (8 * i) & 0xff);
  return out;
}

inline std::string file_of(const std::string& header, const std::string& data = {}) {
  return length_prefix(header.size()) + header + data;
}

inline SafetensorsHeader parsed(const std::string& file) {
  return parse_safetensors(bytes_of(file), "x.safetensors");
}

}  // namespace clipstill::bundle
