// BERT WordPiece (Hugging Face BertTokenizer / `tokenizers` BertNormalizer + BertPreTokenizer +
// WordPiece + BertPostProcessor): clean text, spaces around CJK ideographs, lower case and NFD
// accent stripping, split on white space and punctuation, greedy longest match with "##".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/piece_trie.h"
#include "text/tokenizer.h"

namespace clipstill::text {

struct WordPieceOptions {
  bool clean_text = true;            // drop control characters, every white space to a space
  bool handle_chinese_chars = true;  // spaces around CJK ideographs
  bool strip_accents = true;         // NFD, then drop category Mn
  bool lowercase = true;
  int max_characters_per_word = 100;  // longer words become the unknown token
};

/// The special tokens, in the order in which built vocabularies start. Where one stands literally
/// in a text, it is that token; [MASK] may be missing.
inline constexpr std::string_view kSpecialTokens[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
bool is_special_token(std::string_view token);

struct NormalCharacter;

class WordPieceTokenizer final : public Tokenizer {
 public:
  /// `vocabulary[id]` is the token of that id. [UNK], [CLS], [SEP] and [PAD] must be in it;
  /// duplicates, missing specials and invalid UTF-8 are kBadData naming the token.
  explicit WordPieceTokenizer(std::vector<std::string> vocabulary, WordPieceOptions options = {});

  int32_t unknown_id() const { return unknown_id_; }
  bool is_fallback(int32_t id) const override { return id == unknown_id_; }
  NamedFiles files() const override;
  std::string transformers_config() const override;
  std::string to_json() const;  // tokenizer.json

  const WordPieceOptions& options() const { return options_; }

 private:
  void append_pieces(std::string_view text, std::vector<Token>& out) const override;
  void encode_plain(std::string_view text, uint32_t base, std::vector<Token>& out) const;
  void encode_word(std::span<const NormalCharacter> word, std::vector<Token>& out) const;

  WordPieceOptions options_;
  PieceTrie words_, continuations_;  // pieces that start a word; "##" pieces without their "##"
  int32_t unknown_id_;
  std::vector<int32_t> special_ids_;  // matched literally, before normalisation
};

}  // namespace clipstill::text
