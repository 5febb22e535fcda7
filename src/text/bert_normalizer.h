// BERT's normalisation and pre-tokenisation: text to words.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "text/normal_character.h"
#include "text/unicode.h"
#include "text/wordpiece.h"

namespace clipstill::text {

/// clean_text, spaces around CJK ideographs, NFD without marks, lower case; as the options say.
/// `base` is added to all byte positions. Clears `out` first.
void bert_normalize(std::string_view text, uint32_t base, const WordPieceOptions& options,
                    std::vector<NormalCharacter>& out);

/// Calls `visit` with each word of a normalised text: the runs between white space, and each
/// punctuation character by itself.
template <class Visit>
void for_each_word(std::span<const NormalCharacter> text, Visit&& visit) {
  size_t first = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool alone = is_punctuation(text[i].code_point);
    if (!alone && !is_white_space(text[i].code_point)) continue;
    if (i > first) visit(text.subspan(first, i - first));
    if (alone) visit(text.subspan(i, 1));
    first = i + 1;
  }
  if (first < text.size()) visit(text.subspan(first));
}

}  // namespace clipstill::text
