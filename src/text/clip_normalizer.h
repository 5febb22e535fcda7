// CLIP's normalisation and pre-tokenisation: text to words.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "text/normal_character.h"
#include "text/unicode.h"

namespace clipstill::text {

/// The characters of a text, not yet normalised. Clears `out` first.
void decode_utf8(std::string_view text, std::vector<NormalCharacter>& out);

/// NFC, then lower case. White space stays as it is: a word ends at any. Clears `out` first.
void clip_normalize(std::span<const NormalCharacter> text, std::vector<NormalCharacter>& out);

/// Where the word that begins at `begin`, which is not white space, ends:
/// 's|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+
size_t clip_word_end(std::span<const NormalCharacter> text, size_t begin);

/// Characters of `<|startoftext|>` or `<|endoftext|>` if it stands at `begin`, otherwise 0.
size_t clip_special_word(std::span<const NormalCharacter> text, size_t begin);

/// Calls `visit` with each word of a normalised text. With `special_words` the pattern has
/// `<|startoftext|>` and `<|endoftext|>` in front. ByteLevel then splits these again, so that all
/// that is left of them is that their ends do not join what follows.
template <class Visit>
void for_each_clip_word(std::span<const NormalCharacter> text, bool special_words, Visit&& visit) {
  for (size_t i = 0; i < text.size();) {
    if (is_white_space(text[i].code_point)) {
      ++i;
      continue;
    }
    const size_t special = special_words ? clip_special_word(text, i) : 0;
    if (special > 0) {
      visit(text.subspan(i, 2));  // <|
      visit(text.subspan(i + 2, special - 4));
      visit(text.subspan(i + special - 2, 2));  // |>
      i += special;
      continue;
    }
    const size_t end = clip_word_end(text, i);
    visit(text.subspan(i, end - i));
    i = end;
  }
}

}  // namespace clipstill::text
