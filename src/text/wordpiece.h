// BERT WordPiece (Hugging Face BertTokenizer / `tokenizers` BertNormalizer + BertPreTokenizer +
// WordPiece + BertPostProcessor): clean text, spaces around CJK ideographs, lower case and NFD
// accent stripping, split on white space and punctuation, greedy longest match with "##".
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.h"

namespace clipstill::text {

struct WordPieceOptions {
  bool clean_text = true;           // drop control characters, every white space to a space
  bool handle_chinese_chars = true; // spaces around CJK ideographs
  bool strip_accents = true;        // NFD, then drop category Mn
  bool lowercase = true;
  int max_characters_per_word = 100;  // longer words become the unknown token
};

class WordPieceTokenizer final : public Tokenizer {
 public:
  /// `vocabulary[id]` is the token of that id. [UNK], [CLS], [SEP] and [PAD] must be in it;
  /// duplicates and missing specials are kBadData naming the token.
  explicit WordPieceTokenizer(std::vector<std::string> vocabulary, WordPieceOptions options = {});

  void encode(std::string_view text, int context, std::vector<Token>& out,
              bool* truncated) const override;
  int64_t vocabulary_size() const override;
  std::string_view token(int32_t id) const override;
  int32_t padding_id() const override;
  int32_t unknown_id() const override;
  std::string fingerprint() const override;
  std::string to_json() const override;

  const std::vector<std::string>& vocabulary() const { return vocabulary_; }
  const WordPieceOptions& options() const { return options_; }

 private:
  std::vector<std::string> vocabulary_;
  WordPieceOptions options_;
  // the implementer's own lookup structures go here
};

}  // namespace clipstill::text
