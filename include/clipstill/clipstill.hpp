// The installed C++ interface of clipstill: a thin layer over clipstill.h that frees what it loads
// and turns statuses into exceptions. Stable names are listed in docs/versioning.md.
//
// Objects are immutable after loading: one of them may serve any number of threads at once. They
// move, and do not copy. What goes wrong throws clipstill::Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clipstill/clipstill.h"
#include "clipstill/error.hpp"

namespace clipstill {

namespace detail {

inline void check(clipstill_status status) {
  if (status != CLIPSTILL_OK) throw Error(static_cast<ErrorCode>(status), clipstill_last_error());
}

template <auto free>
struct Freer {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};
template <class T, auto free>
using Handle = std::unique_ptr<T, Freer<free>>;

/// Texts as the C interface takes them; valid while the texts are.
struct TextArguments {
  std::vector<const char*> data;
  std::vector<size_t> lengths;
  explicit TextArguments(std::span<const std::string_view> texts) {
    for (const auto text : texts) {
      data.push_back(text.data() == nullptr ? "" : text.data());
      lengths.push_back(text.size());
    }
  }
};

}  // namespace detail

/// "major.minor.patch" of the library that is loaded.
inline std::string_view version() noexcept {
  return clipstill_version();
}

enum class Precision { kFp32 = CLIPSTILL_FP32, kInt8 = CLIPSTILL_INT8 };

/// What a caller decides about running a bundle.
struct Options {
  int threads = 0;    // of one call; 0 = all that the process may use
  int batch = 32;     // most images or texts of one run of the graph
  bool arena = true;  // keep memory between runs: faster, and never given back
  Precision precision = Precision::kFp32;

  clipstill_options c_options() const {
    return {sizeof(clipstill_options), threads, batch, arena ? 1 : 0, static_cast<int>(precision)};
  }
};

/// Row-major [rows, width]; every row has length 1.
struct Embeddings {
  size_t width = 0;
  std::vector<float> values;
  size_t rows() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const float> row(size_t index) const {
    return std::span(values).subspan(index * width, width);
  }
};

/// Texts to embeddings. Loads the tokenizer and the text tower of a bundle.
class TextEncoder {
 public:
  /// Throws kMissingFile, or kBadData naming the file that is damaged, newer or of another kind.
  static TextEncoder load(const std::filesystem::path& bundle, const Options& options = {}) {
    clipstill_text_encoder* encoder = nullptr;
    const auto c_options = options.c_options();
    detail::check(clipstill_text_encoder_load(bundle.c_str(), &c_options, &encoder));
    return TextEncoder(encoder);
  }

  size_t width() const noexcept { return clipstill_text_encoder_width(handle_.get()); }
  /// The logit of an image and a text is this times the product of their embeddings.
  float logit_scale() const noexcept { return clipstill_text_encoder_logit_scale(handle_.get()); }

  /// Texts longer than the model's context are cut.
  Embeddings embed(std::span<const std::string_view> texts) const {
    const detail::TextArguments arguments(texts);
    Embeddings out{width(), std::vector<float>(texts.size() * width())};
    detail::check(clipstill_text_encoder_embed(handle_.get(), arguments.data.data(),
                                               arguments.lengths.data(), texts.size(),
                                               out.values.data(), out.values.size()));
    return out;
  }

 private:
  explicit TextEncoder(clipstill_text_encoder* encoder) : handle_(encoder) {}
  detail::Handle<clipstill_text_encoder, clipstill_text_encoder_free> handle_;
};

/// Images to embeddings. Loads the image tower of a bundle.
class ImageEncoder {
 public:
  /// Throws kMissingFile, or kBadData naming the file that is damaged, newer or of another kind.
  static ImageEncoder load(const std::filesystem::path& bundle, const Options& options = {}) {
    clipstill_image_encoder* encoder = nullptr;
    const auto c_options = options.c_options();
    detail::check(clipstill_image_encoder_load(bundle.c_str(), &c_options, &encoder));
    return ImageEncoder(encoder);
  }

  size_t width() const noexcept { return clipstill_image_encoder_width(handle_.get()); }
  float logit_scale() const noexcept { return clipstill_image_encoder_logit_scale(handle_.get()); }
  /// Edge in pixels of what the tower sees.
  size_t image_size() const noexcept { return clipstill_image_encoder_image_size(handle_.get()); }

  /// JPEG, PNG or WebP files.
  Embeddings embed(std::span<const std::filesystem::path> files) const {
    std::vector<const char*> paths;
    for (const auto& file : files) paths.push_back(file.c_str());
    Embeddings out{width(), std::vector<float>(files.size() * width())};
    detail::check(clipstill_image_encoder_embed_files(handle_.get(), paths.data(), files.size(),
                                                      out.values.data(), out.values.size()));
    return out;
  }

  /// The same in memory; errors call image i "image i".
  Embeddings embed(std::span<const std::span<const uint8_t>> images) const {
    std::vector<const void*> data;
    std::vector<size_t> sizes;
    for (const auto& image : images) {
      data.push_back(image.data());
      sizes.push_back(image.size());
    }
    Embeddings out{width(), std::vector<float>(images.size() * width())};
    detail::check(clipstill_image_encoder_embed_encoded(handle_.get(), data.data(), sizes.data(),
                                                        nullptr, images.size(), out.values.data(),
                                                        out.values.size()));
    return out;
  }

  /// `count` tensors that an ImagePreprocessor made, [count, 3, image_size, image_size].
  Embeddings embed_tensors(std::span<const float> tensors, size_t count) const {
    Embeddings out{width(), std::vector<float>(count * width())};
    detail::check(clipstill_image_encoder_embed_tensors(handle_.get(), tensors.data(),
                                                        tensors.size(), count, out.values.data(),
                                                        out.values.size()));
    return out;
  }

 private:
  explicit ImageEncoder(clipstill_image_encoder* encoder) : handle_(encoder) {}
  detail::Handle<clipstill_image_encoder, clipstill_image_encoder_free> handle_;
};

/// Checks every file against the manifest and runs the self-test of both encoders; kBadData names
/// what differs from the machine that wrote the bundle.
inline void verify(const std::filesystem::path& bundle, const Options& options = {}) {
  const auto c_options = options.c_options();
  detail::check(clipstill_verify(bundle.c_str(), &c_options));
}

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
  /// Reads `tokenizer.json`, `vocab.txt` (BERT), `vocab.json` with `merges.txt` (CLIP) or
  /// `spiece.model` (SigLIP), or a folder that holds one of them. Throws kMissingFile, or kBadData
  /// naming the file and the key.
  static Tokenizer load(const std::filesystem::path& path) {
    clipstill_tokenizer* tokenizer = nullptr;
    detail::check(clipstill_tokenizer_load(path.c_str(), &tokenizer));
    return Tokenizer(tokenizer);
  }

  /// Texts of at most `context` tokens each, special tokens included (longer ones are cut and keep
  /// their closing token), padded to the longest of them. Hundreds of texts and more are shared
  /// out over all cores.
  TokenIds encode(std::span<const std::string_view> texts, int context) const {
    const detail::TextArguments arguments(texts);
    clipstill_token_ids ids{};
    detail::check(clipstill_tokenizer_encode(handle_.get(), arguments.data.data(),
                                             arguments.lengths.data(), texts.size(), context,
                                             &ids));
    const std::unique_ptr<clipstill_token_ids, detail::Freer<clipstill_token_ids_free>> free(&ids);
    const auto count = ids.rows * ids.length;
    return {ids.rows,
            ids.length,
            {ids.ids, ids.ids + count},
            {ids.attention_mask, ids.attention_mask + count}};
  }

  int64_t vocabulary_size() const noexcept {
    return clipstill_tokenizer_vocabulary_size(handle_.get());
  }
  /// The surface form of an id, such as "##ing", "dog</w>" or "[CLS]"; kBadData outside the
  /// vocabulary.
  std::string_view token(int64_t id) const {
    const char* data = nullptr;
    size_t length = 0;
    detail::check(clipstill_tokenizer_token(handle_.get(), id, &data, &length));
    return {data, length};
  }

 private:
  explicit Tokenizer(clipstill_tokenizer* tokenizer) : handle_(tokenizer) {}
  detail::Handle<clipstill_tokenizer, clipstill_tokenizer_free> handle_;
};

/// JPEG, PNG or WebP to the tensor that an image encoder takes: decode, antialiased resize, centre
/// crop, normalise.
class ImagePreprocessor {
 public:
  /// OpenAI CLIP's settings: 224 pixels, shortest edge, bicubic.
  ImagePreprocessor() : ImagePreprocessor(nullptr) {}
  /// Reads `preprocessor_config.json` (Hugging Face layout), or a folder that holds it. Throws
  /// kMissingFile, or kBadData naming the file and the key.
  static ImagePreprocessor load(const std::filesystem::path& path) {
    return ImagePreprocessor(path.c_str());
  }

  /// Edge of the tensor in pixels; a tensor has 3 * size() * size() floats.
  size_t size() const noexcept { return clipstill_image_preprocessor_size(handle_.get()); }

  /// Fills `tensor`, planar RGB [3, size, size], from an encoded image. `name` names the image in
  /// errors: kBadData for damaged or oversized images, kUsage for a tensor of another size.
  void preprocess(std::span<const uint8_t> encoded, const std::string& name,
                  std::span<float> tensor) const {
    detail::check(clipstill_image_preprocessor_run(handle_.get(), encoded.data(), encoded.size(),
                                                   name.c_str(), tensor.data(), tensor.size()));
  }
  /// The same from a file.
  std::vector<float> preprocess(const std::filesystem::path& image) const {
    std::vector<float> tensor(3 * size() * size());
    detail::check(clipstill_image_preprocessor_run_file(handle_.get(), image.c_str(), tensor.data(),
                                                        tensor.size()));
    return tensor;
  }

 private:
  explicit ImagePreprocessor(const char* path) {
    clipstill_image_preprocessor* preprocessor = nullptr;
    detail::check(clipstill_image_preprocessor_load(path, &preprocessor));
    handle_.reset(preprocessor);
  }
  detail::Handle<clipstill_image_preprocessor, clipstill_image_preprocessor_free> handle_;
};

}  // namespace clipstill
