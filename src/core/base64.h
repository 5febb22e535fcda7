// Base64 (RFC 4648): images inside a self-contained page, images inside a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill {

/// Standard alphabet, with padding.
std::string base64(std::string_view bytes);

/// How many bytes the text stands for; nothing if it is no base64. Both alphabets are taken,
/// standard (+ and /) and URL-safe (- and _), with or without padding.
std::optional<size_t> base64_decoded_size(std::string_view text);

/// The bytes that the text stands for; nothing where base64_decoded_size() gives nothing.
std::optional<std::vector<uint8_t>> base64_decode(std::string_view text);

}  // namespace clipstill
