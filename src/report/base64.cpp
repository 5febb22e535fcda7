#include "report/base64.h"

#include <cstdint>

namespace clipstill::report {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  encoded.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t given = bytes.size() - i < 3 ? bytes.size() - i : 3;
    uint32_t group = 0;  // 24 bits, zero-filled at the end
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < given ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      encoded += j <= given ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return encoded;
}

}  // namespace clipstill::report
