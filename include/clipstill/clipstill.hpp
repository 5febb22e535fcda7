// The installed C++ interface of clipstill: what an application needs to prepare inputs exactly
// as training did. Stable names are listed in docs/versioning.md.
//
// Objects are immutable after loading: one of them may serve any number of threads at once. They
// move, and do not copy. Bad input throws clipstill::Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clipstill/error.hpp"

namespace clipstill {

/// "major.minor.patch" of the library that is linked.
std::string_view version() noexcept;

/// Token ids of texts, padded to one length; row-major [rows, length].
struct TokenIds {
  int64_t rows = 0;
  int64_t length = 0;
  std::vector<int64_t> ids;
  std::vector<int64_t> attention_mask;  // 1 = token, 0 = padding
};

/// Text to token ids, identical to the reference `tokenizers` library.
class Tokenizer {
 public:
  /// Reads `tokenizer.json`, or a folder that holds `tokenizer.json` or `vocab.txt`. Throws
  /// kMissingFile, or kBadData naming the file and the key.
  static Tokenizer load(const std::filesystem::path& path);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Texts of at most `context` tokens each, special tokens included (longer ones are cut and keep
  /// their closing token), padded to the longest of them.
  TokenIds encode(std::span<const std::string_view> texts, int context) const;

  int64_t vocabulary_size() const;
  /// The surface form of an id, such as "##ing" or "[CLS]"; kBadData outside the vocabulary.
  std::string_view token(int64_t id) const;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// JPEG, PNG or WebP to the tensor that an image encoder takes: decode, antialiased resize, centre
/// crop, normalise.
class ImagePreprocessor {
 public:
  /// OpenAI CLIP's settings: 224 pixels, shortest edge, bicubic.
  ImagePreprocessor();
  /// Reads `preprocessor_config.json` (Hugging Face layout), or a folder that holds it. Throws
  /// kMissingFile, or kBadData naming the file and the key.
  static ImagePreprocessor load(const std::filesystem::path& path);

  ImagePreprocessor(ImagePreprocessor&&) noexcept;
  ImagePreprocessor& operator=(ImagePreprocessor&&) noexcept;
  ~ImagePreprocessor();

  /// Edge of the tensor in pixels; a tensor has 3 * size() * size() floats.
  int size() const noexcept;

  /// Fills `tensor`, planar RGB [3, size, size], from an encoded image. `name` names the image in
  /// errors: kBadData for damaged or oversized images, kUsage for a tensor of another size.
  void preprocess(std::span<const uint8_t> encoded, std::string_view name,
                  std::span<float> tensor) const;
  /// The same from a file.
  std::vector<float> preprocess(const std::filesystem::path& image) const;

 private:
  struct State;
  explicit ImagePreprocessor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace clipstill
