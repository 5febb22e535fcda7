// Tiny vocabularies, and how the tests show tokens.
#pragma once

#include <string>
#include <vector>

#include "text/clip_bpe.h"
#include "text/wordpiece.h"

namespace clipstill::text {

inline std::vector<std::string> tiny_vocabulary() {
  return {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un",  "##aff", "##able",
          "a",     "dog",   "##s",   "狗",    "猫",     "[",   "]",     "mask",
          "!",     "cafe",  "i",     "##i",   "ß",      "##a", "?"};
}

/// Bytes of a few characters only; the others are unknown.
inline ClipBpeParts tiny_clip() {
  ClipBpeParts parts;
  for (const std::string c : {"a", "c", "d", "e", "g", "o", "r", "s", "t", "1",
                              "2", "!", "'", "<", "|", ">", "Ã", "©", "Ì", "ģ"}) {
    parts.vocabulary.push_back(c);
    parts.vocabulary.push_back(c + "</w>");
  }
  parts.merges = {"d o", "o g</w>", "do g</w>", "a a", "aa aa", "' s</w>", "Ã ©</w>", "! !</w>"};
  for (const char* token : {"do", "og</w>", "dog</w>", "aa", "aaaa", "'s</w>", "Ã©</w>", "!!</w>",
                            "<|startoftext|>", "<|endoftext|>"}) {
    parts.vocabulary.push_back(token);
  }
  const auto size = static_cast<int32_t>(parts.vocabulary.size());
  parts.added = {{size - 2, false}, {size - 1, false}};
  return parts;
}

/// "un ##aff ##able": the pieces of a text, without the special tokens around them.
inline std::string pieces(const Tokenizer& tokenizer, std::string_view text) {
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
