// A character on its way from text to token.
#pragma once

#include <cstdint>

namespace clipstill::text {

/// One normalised character and the bytes of the original text that it came from.
struct NormalCharacter {
  char32_t code_point = 0;
  uint32_t begin = 0, end = 0;
};

}  // namespace clipstill::text
