// Text to token ids, exactly as the reference tokenizers do it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clipstill::text {

/// One token of an encoded text.
struct Token {
  int32_t id = 0;
  uint32_t begin = 0, end = 0;  // byte range in the original UTF-8 text; empty for special tokens
};

/// Padded batch, row-major [rows, length].
struct TokenBatch {
  int64_t rows = 0, length = 0;
  std::vector<int64_t> ids;
  std::vector<uint8_t> mask;  // 1 = token, 0 = padding
};

/// The special tokens around a text and after it, by name.
struct SpecialTokens {
  std::optional<std::string> start;  // none: texts begin with their first piece
  std::string end, padding;
  bool repeat_end = true;  // false: a text whose last piece is the end token gets no second one
};

/// Name and content of each.
using NamedFiles = std::vector<std::pair<std::string, std::string>>;

/// A vocabulary, and the special tokens around every text; how a text becomes pieces is for the
/// derived classes. Objects do not change: any number of threads may use one.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Tokens with the special ones around them, not padded, truncated to `context` tokens in all
  /// (the closing special token is kept). Invalid UTF-8 is replaced as the reference does.
  /// `truncated`, when given, tells whether tokens were cut off.
  void encode(std::string_view text, int context, std::vector<Token>& out,
              bool* truncated = nullptr) const;

  /// encode() without special tokens and without a limit: the pieces alone.
  void encode_pieces(std::string_view text, std::vector<Token>& out) const;

  /// encode() of each text, padded to the longest of them (or to `context` where `pad_to_context`),
  /// on up to `threads` threads (0 = all that there are; few texts stay on the caller's).
  TokenBatch encode_batch(std::span<const std::string_view> texts, int context,
                          bool pad_to_context = false, int threads = 1) const;

  const std::vector<std::string>& vocabulary() const { return vocabulary_; }
  int64_t vocabulary_size() const { return static_cast<int64_t>(vocabulary_.size()); }
  std::string_view token(int32_t id) const;  // its surface form: "##ing", "dog</w>", "[CLS]"
  std::optional<int32_t> start_id() const { return start_id_; }
  int32_t end_id() const { return end_id_; }
  int32_t padding_id() const { return padding_id_; }
  /// Whether a token is what texts fall back to for which the vocabulary has no pieces: the unknown
  /// token, or a byte-level piece that is only a part of a character.
  virtual bool is_fallback(int32_t id) const = 0;
  /// Hash of everything that determines the ids; equal fingerprints give equal ids.
  virtual std::string fingerprint() const;
  /// What a folder holds for load_tokenizer() to read this tokenizer there, and the reference too:
  /// `tokenizer.json` in the layout of the Hugging Face `tokenizers` library, or, for SigLIP, for
  /// which that library gives other ids, `spiece.model` as it was read and `tokenizer_config.json`.
  /// The vocabulary's file is the first.
  virtual NamedFiles files() const = 0;
  /// What `tokenizer_config.json` tells `transformers`, so that its ids are the same: the class,
  /// such as "BertTokenizer", and those of its settings that it does not take from files().
  virtual std::string transformers_config() const = 0;

 protected:
  /// `vocabulary[id]` is the token of that id. kBadData naming the token: empty, there twice,
  /// invalid UTF-8, or a special one that is missing.
  Tokenizer(std::vector<std::string> vocabulary, const SpecialTokens& special);

  /// The id of a special token.
  int32_t require(std::string_view token) const;

 private:
  virtual void append_pieces(std::string_view text, std::vector<Token>& out) const = 0;

  std::vector<std::string> vocabulary_;
  std::optional<int32_t> start_id_;
  int32_t end_id_, padding_id_;
  bool repeat_end_;
};

/// Reads `spiece.model` (SigLIP), `tokenizer.json` (WordPiece or CLIP), `vocab.txt` (WordPiece) or
/// `vocab.json` with `merges.txt` (CLIP), or a folder that holds one of them, looked for in this
/// order. What they do not say is taken from `tokenizer_config.json` beside them, or else is as in
/// bert-base-chinese, OpenAI's CLIP and google/siglip-base-patch16-224. kMissingFile, kBadData
/// naming file and key.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace clipstill::text
