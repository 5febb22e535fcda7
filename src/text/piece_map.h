// One vocabulary in terms of another.
#pragma once

#include <cstdint>
#include <vector>

#include "text/tokenizer.h"

namespace clipstill::text {

/// For each token of `vocabulary`, the tokens of `other` that stand for it: for the special tokens
/// around a text, those of `other`; else, where both are of one kind, the token of the same surface
/// form; else the pieces into which `other` splits its text (a WordPiece continuation as if a word
/// began with it). Empty where nothing but fallback tokens is left.
std::vector<std::vector<int32_t>> pieces_in(const Tokenizer& other, const Tokenizer& vocabulary);

}  // namespace clipstill::text
