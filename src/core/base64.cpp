#include "core/base64.h"

#include <array>

namespace clipstill {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 64;  // stands for no six bits

constexpr std::array<uint8_t, 256> make_values() {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  values['-'] = 62;
  values['_'] = 63;
  return values;
}
constexpr auto kValues = make_values();

uint8_t value_of(char digit) {
  return kValues[static_cast<uint8_t>(digit)];
}

// Without the padding. Padding that does not complete a group of four stays, and is no digit.
std::string_view digits_of(std::string_view text) {
  if (text.size() % 4 != 0) return text;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string base64(std::string_view bytes) {
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

std::optional<size_t> base64_decoded_size(std::string_view text) {
  const auto digits = digits_of(text);
  const size_t rest = digits.size() % 4;
  if (rest == 1) return std::nullopt;  // six bits are no byte
  uint8_t seen = 0;
  for (const char digit : digits) seen |= value_of(digit);
  if (seen & kNone) return std::nullopt;
  // The last digit has bits that belong to no byte: two digits hold one byte, three hold two.
  const unsigned unused = rest == 2 ? 0xf : rest == 3 ? 0x3 : 0;
  if (rest != 0 && (value_of(digits.back()) & unused)) return std::nullopt;
  return digits.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1);
}

std::optional<std::vector<uint8_t>> base64_decode(std::string_view text) {
  const auto size = base64_decoded_size(text);
  if (!size) return std::nullopt;
  std::vector<uint8_t> bytes;
  bytes.reserve(*size);
  uint32_t group = 0;
  int bits = 0;  // of the group that are not yet written
  for (const char digit : digits_of(text)) {
    group = group << 6 | value_of(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<uint8_t>(group >> bits & 0xff));
  }
  return bytes;
}

}  // namespace clipstill
