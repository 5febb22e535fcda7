// Text to token ids, exactly as the reference tokenizers do it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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

struct EncodeStats {
  uint64_t texts = 0, tokens = 0, unknown = 0, truncated = 0;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Tokens with the special ones around them, not padded, truncated to `context` tokens in all
  /// (the closing special token is kept). Invalid UTF-8 is replaced as the reference does.
  /// `truncated`, when given, tells whether tokens were cut off.
  virtual void encode(std::string_view text, int context, std::vector<Token>& out,
                      bool* truncated = nullptr) const = 0;

  /// encode() of each text, padded to the longest of them (or to `context` where `pad_to_context`).
  TokenBatch encode_batch(std::span<const std::string_view> texts, int context,
                          bool pad_to_context = false) const;

  virtual int64_t vocabulary_size() const = 0;
  virtual std::string_view token(int32_t id) const = 0;  // its surface form: "##ing", "[CLS]"
  virtual int32_t padding_id() const = 0;
  virtual int32_t unknown_id() const = 0;
  /// Hash of everything that determines the ids; equal fingerprints give equal ids.
  virtual std::string fingerprint() const = 0;
  /// `tokenizer.json` in the layout that the Hugging Face `tokenizers` library reads.
  virtual std::string to_json() const = 0;
};

/// Reads `tokenizer.json`, or a folder that holds `tokenizer.json` or `vocab.txt` (then with
/// bert-base-chinese's settings, or those of `tokenizer_config.json` beside it). kMissingFile,
/// kBadData naming file and key.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace clipstill::text
