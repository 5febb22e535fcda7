// BERT's normalisation and pre-tokenisation: text to words.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/wordpiece.h"

namespace clipstill::text {

/// One normalised character and the bytes of the original text that it came from.
struct NormalCharacter {
  char32_t code_point = 0;
  uint32_t begin = 0, end = 0;
};

/// clean_text, spaces around CJK ideographs, NFD without marks, lower case; as the options say.
/// `base` is added to all byte positions. Clears `out` first.
void bert_normalize(std::string_view text, uint32_t base, const WordPieceOptions& options,
                    std::vector<NormalCharacter>& out);

}  // namespace clipstill::text
