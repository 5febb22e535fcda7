// A tiny vocabulary, and how the tests show tokens.
#pragma once

#include <string>
#include <vector>

#include "text/wordpiece.h"

namespace clipstill::text {

inline std::vector<std::string> tiny_vocabulary() {
  return {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un",  "##aff", "##able",
          "a",     "dog",   "##s",   "狗",    "猫",     "[",   "]",     "mask",
          "!",     "cafe",  "i",     "##i",   "ß",      "##a", "?"};
}

/// "un ##aff ##able": the pieces of a text, without the special tokens around them.
inline std::string pieces(const WordPieceTokenizer& tokenizer, std::string_view text) {
  std::vector<Token> tokens;
  tokenizer.encode_pieces(text, tokens);
  std::string out;
  for (const auto& token : tokens) {
    if (!out.empty()) out += ' ';
    out += tokenizer.token(token.id);
  }
  return out;
}

}  // namespace clipstill::text
