// The tokenizer of SigLIP (Hugging Face SiglipTokenizer over SentencePiece): lower case, ASCII
// punctuation removed, white space collapsed, a unigram model; the end token after the text, none
// before it. As there, a "▁" is put in front of every text, and white space that follows it is kept
// where the model does not collapse it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/literals.h"
#include "text/tokenizer.h"
#include "text/unigram.h"

namespace clipstill::text {

struct SiglipOptions {
  bool lowercase = true;
  // Where one of them stands in a text, it is that token.
  std::string end = "</s>", padding = "</s>", unknown = "<unk>";
};

/// Offsets are those of the characters that a piece was made of, with the white space that its "▁"
/// stands for; the "▁" that every text starts with stands for nothing.
class SiglipTokenizer final : public Tokenizer {
 public:
  /// `model_file` is the content of a spiece.model. kBadData as parse_sentencepiece_model(), or
  /// naming the token: as Tokenizer, or a special token that no text could have, because
  /// lower-casing changes it or because it has a "▁".
  explicit SiglipTokenizer(std::string model_file, const SiglipOptions& options = {});

  bool is_fallback(int32_t id) const override;
  std::string fingerprint() const override { return fingerprint_; }
  /// No tokenizer.json: the `tokenizers` library normalises and breaks ties otherwise than
  /// SentencePiece.
  NamedFiles files() const override;
  std::string transformers_config() const override;

 private:
  using Text = std::span<const NormalCharacter>;

  SiglipTokenizer(const SentencePieceModel& model, std::string&& file,
                  const SiglipOptions& options);

  void append_pieces(std::string_view text, std::vector<Token>& out) const override;
  size_t append_chunk(Text text, std::vector<Token>& out) const;
  bool is_special(std::string_view piece) const;

  std::string file_;
  SiglipOptions options_;
  std::vector<bool> fallbacks_;  // by id
  Unigram unigram_;
  std::string fingerprint_;
  std::vector<Literal> literals_;
  size_t prefix_pieces_ = 0;  // that the unknown token alone is cut into
};

}  // namespace clipstill::text
