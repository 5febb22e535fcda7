// CLIP's byte-level BPE (Hugging Face CLIPTokenizer / `tokenizers` NFC + Lowercase, Split +
// ByteLevel, BPE with "</w>", RobertaProcessing). OpenAI's and open_clip's Python tokenizers give
// the same ids for a text that their clean-up (ftfy, HTML entities) leaves alone and that has no
// character newer than the tables here; they pad with 0.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/bpe_merges.h"
#include "text/literals.h"
#include "text/normal_character.h"
#include "text/tokenizer.h"

namespace clipstill::text {

/// A token that stands for itself wherever its characters are in a text.
struct ClipAddedToken {
  int32_t id = 0;
  bool normalized = false;  // looked for after NFC and lower-casing rather than before
};

/// What a CLIP tokenizer is made of.
struct ClipBpeParts {
  std::vector<std::string> vocabulary;  // vocabulary[id] is the token of that id
  std::vector<std::string> merges;      // "left right", the first goes first
  std::vector<ClipAddedToken> added;
  std::string start = "<|startoftext|>", end = "<|endoftext|>";
  std::string unknown = "<|endoftext|>", padding = "<|endoftext|>";
  // Whether the pattern that splits words has the two special tokens (transformers 5) or not.
  bool special_words = true;
};

class ClipBpeTokenizer final : public Tokenizer {
 public:
  /// kBadData naming the token or the merge: a special token or a merged one that is not in the
  /// vocabulary, a merge that is there twice, fewer merges than the vocabulary needs.
  explicit ClipBpeTokenizer(ClipBpeParts parts);

  bool is_fallback(int32_t id) const override;
  NamedFiles files() const override;
  std::string transformers_config() const override;
  std::string to_json() const;  // tokenizer.json

  const std::vector<ClipAddedToken>& added() const { return added_; }

 private:
  using Text = std::span<const NormalCharacter>;

  void append_pieces(std::string_view text, std::vector<Token>& out) const override;
  void append_normalized(Text text, std::vector<Token>& out) const;
  void append_words(Text text, std::vector<Token>& out) const;
  void append_word(Text word, std::vector<Token>& out) const;

  int32_t unknown_id_;
  bool special_words_;
  std::vector<ClipAddedToken> added_;
  std::vector<Literal> before_, after_;  // normalisation; longest first
  BpeMerges merges_;
  std::array<int32_t, 256> byte_ids_, last_byte_ids_;  // the last byte of a word has "</w>"
  std::vector<bool> fallbacks_;                        // by id
};

}  // namespace clipstill::text
