// Tokenizer and image preprocessor of include/clipstill/clipstill.h.
#include <algorithm>
#include <limits>
#include <memory>

#include "core/files.h"
#include "image/preprocess.h"
#include "runtime/c_api.h"
#include "text/tokenizer.h"

using namespace clipstill;
using namespace clipstill::runtime;

struct clipstill_tokenizer {
  std::unique_ptr<text::Tokenizer> tokenizer;
};

struct clipstill_image_preprocessor {
  image::Preprocess settings;
};

namespace {

void preprocess(const image::Preprocess& settings, std::span<const uint8_t> encoded,
                std::string_view name, float* tensor, size_t floats) {
  require(tensor, "tensor");
  if (floats != settings.tensor_size()) {
    fail(ErrorCode::kUsage, "{}: a tensor of {} floats was given; expected 3 x {} x {} = {}", name,
         floats, settings.size, settings.size, settings.tensor_size());
  }
  image::preprocess_encoded(encoded, name, settings, {tensor, floats});
}

}  // namespace

clipstill_status clipstill_tokenizer_load(const char* path, clipstill_tokenizer** tokenizer) {
  return guarded([&] {
    require_result(tokenizer, "tokenizer");
    require(path, "path");
    *tokenizer = new clipstill_tokenizer{text::load_tokenizer(path)};
  });
}

void clipstill_tokenizer_free(clipstill_tokenizer* tokenizer) {
  delete tokenizer;
}

clipstill_status clipstill_tokenizer_encode(const clipstill_tokenizer* tokenizer,
                                            const char* const* texts, const size_t* lengths,
                                            size_t count, int32_t context,
                                            clipstill_token_ids* out) {
  return guarded([&] {
    require(out, "out");
    *out = {};
    require(tokenizer, "tokenizer");
    const auto batch = tokenizer->tokenizer->encode_batch(to_texts(texts, lengths, count), context,
                                                          /*pad_to_context=*/false, /*threads=*/0);
    auto ids = std::make_unique<int64_t[]>(batch.ids.size());
    auto mask = std::make_unique<int64_t[]>(batch.mask.size());
    std::ranges::copy(batch.ids, ids.get());
    std::ranges::copy(batch.mask, mask.get());
    *out = {batch.rows, batch.length, ids.release(), mask.release()};
  });
}

void clipstill_token_ids_free(clipstill_token_ids* ids) {
  if (ids == nullptr) return;
  delete[] ids->ids;
  delete[] ids->attention_mask;
  *ids = {};
}

int64_t clipstill_tokenizer_vocabulary_size(const clipstill_tokenizer* tokenizer) {
  return tokenizer->tokenizer->vocabulary_size();
}

clipstill_status clipstill_tokenizer_token(const clipstill_tokenizer* tokenizer, int64_t id,
                                           const char** token, size_t* length) {
  return guarded([&] {
    require_result(token, "token");
    require(length, "length");
    require(tokenizer, "tokenizer");
    if (id < 0 || id > std::numeric_limits<int32_t>::max()) {
      fail(ErrorCode::kBadData, "token id {} is outside the vocabulary of {}", id,
           tokenizer->tokenizer->vocabulary_size());
    }
    const auto found = tokenizer->tokenizer->token(static_cast<int32_t>(id));
    *token = found.data();
    *length = found.size();
  });
}

clipstill_status clipstill_image_preprocessor_load(const char* path,
                                                   clipstill_image_preprocessor** preprocessor) {
  return guarded([&] {
    require_result(preprocessor, "preprocessor");
    image::Preprocess settings;
    if (path != nullptr) {
      const fs::path given(path);
      const auto file = fs::is_directory(given) ? given / "preprocessor_config.json" : given;
      settings = image::Preprocess::from_json(read_file(file), file.string());
    }
    *preprocessor = new clipstill_image_preprocessor{settings};
  });
}

void clipstill_image_preprocessor_free(clipstill_image_preprocessor* preprocessor) {
  delete preprocessor;
}

size_t clipstill_image_preprocessor_size(const clipstill_image_preprocessor* preprocessor) {
  return static_cast<size_t>(preprocessor->settings.size);
}

clipstill_status clipstill_image_preprocessor_run(const clipstill_image_preprocessor* preprocessor,
                                                  const void* image, size_t bytes, const char* name,
                                                  float* tensor, size_t tensor_floats) {
  return guarded([&] {
    require(preprocessor, "preprocessor");
    require(image, "image");
    require(name, "name");
    preprocess(preprocessor->settings, {static_cast<const uint8_t*>(image), bytes}, name, tensor,
               tensor_floats);
  });
}

clipstill_status clipstill_image_preprocessor_run_file(
    const clipstill_image_preprocessor* preprocessor, const char* path, float* tensor,
    size_t tensor_floats) {
  return guarded([&] {
    require(preprocessor, "preprocessor");
    require(path, "path");
    const MappedFile file(path);
    preprocess(preprocessor->settings, file.bytes(), path, tensor, tensor_floats);
  });
}
