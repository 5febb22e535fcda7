// The encoders of include/clipstill/clipstill.h.
#include <vector>

#include "runtime/c_api.h"
#include "runtime/image_encoder.h"
#include "runtime/text_encoder.h"

using namespace clipstill;
using namespace clipstill::runtime;

struct clipstill_text_encoder {
  TextEncoder encoder;
};

struct clipstill_image_encoder {
  ImageEncoder encoder;
};

namespace {

std::span<float> to_output(float* out, size_t floats) {
  if (floats > 0) require(out, "out");
  return {out, floats};
}

}  // namespace

clipstill_status clipstill_text_encoder_load(const char* bundle, const clipstill_options* options,
                                             clipstill_text_encoder** encoder) {
  return guarded([&] {
    require_result(encoder, "encoder");
    require(bundle, "bundle");
    *encoder = new clipstill_text_encoder{TextEncoder(BundleFolder(bundle), to_options(options))};
  });
}

void clipstill_text_encoder_free(clipstill_text_encoder* encoder) {
  delete encoder;
}

size_t clipstill_text_encoder_width(const clipstill_text_encoder* encoder) {
  return static_cast<size_t>(encoder->encoder.width());
}

float clipstill_text_encoder_logit_scale(const clipstill_text_encoder* encoder) {
  return encoder->encoder.config().logit_scale;
}

clipstill_status clipstill_text_encoder_embed(const clipstill_text_encoder* encoder,
                                              const char* const* texts, const size_t* lengths,
                                              size_t count, float* out, size_t out_floats) {
  return guarded([&] {
    require(encoder, "encoder");
    encoder->encoder.embed(to_texts(texts, lengths, count), to_output(out, out_floats));
  });
}

clipstill_status clipstill_image_encoder_load(const char* bundle, const clipstill_options* options,
                                              clipstill_image_encoder** encoder) {
  return guarded([&] {
    require_result(encoder, "encoder");
    require(bundle, "bundle");
    *encoder = new clipstill_image_encoder{ImageEncoder(BundleFolder(bundle), to_options(options))};
  });
}

void clipstill_image_encoder_free(clipstill_image_encoder* encoder) {
  delete encoder;
}

size_t clipstill_image_encoder_width(const clipstill_image_encoder* encoder) {
  return static_cast<size_t>(encoder->encoder.width());
}

float clipstill_image_encoder_logit_scale(const clipstill_image_encoder* encoder) {
  return encoder->encoder.config().logit_scale;
}

size_t clipstill_image_encoder_image_size(const clipstill_image_encoder* encoder) {
  return static_cast<size_t>(encoder->encoder.preprocess().size);
}

clipstill_status clipstill_image_encoder_embed_files(const clipstill_image_encoder* encoder,
                                                     const char* const* paths, size_t count,
                                                     float* out, size_t out_floats) {
  return guarded([&] {
    require(encoder, "encoder");
    std::vector<std::filesystem::path> files;
    for (const auto path : to_texts(paths, nullptr, count)) files.emplace_back(path);
    encoder->encoder.embed_files(files, to_output(out, out_floats));
  });
}

clipstill_status clipstill_image_encoder_embed_encoded(const clipstill_image_encoder* encoder,
                                                       const void* const* images,
                                                       const size_t* sizes,
                                                       const char* const* names, size_t count,
                                                       float* out, size_t out_floats) {
  return guarded([&] {
    require(encoder, "encoder");
    if (count > 0) require(images, "images");
    if (count > 0) require(sizes, "sizes");
    std::vector<std::string> numbered(count);
    std::vector<ImageEncoder::Encoded> encoded(count);
    for (size_t i = 0; i < count; ++i) {
      require(images[i], "an image");
      const char* name = names == nullptr ? nullptr : names[i];
      if (name == nullptr) numbered[i] = fmt::format("image {}", i);
      encoded[i] = {{static_cast<const uint8_t*>(images[i]), sizes[i]},
                    name == nullptr ? std::string_view(numbered[i]) : name};
    }
    encoder->encoder.embed_encoded(encoded, to_output(out, out_floats));
  });
}

clipstill_status clipstill_image_encoder_embed_tensors(const clipstill_image_encoder* encoder,
                                                       const float* tensors, size_t tensor_floats,
                                                       size_t count, float* out,
                                                       size_t out_floats) {
  return guarded([&] {
    require(encoder, "encoder");
    if (count > 0) require(tensors, "tensors");
    encoder->encoder.embed_tensors({tensors, tensor_floats}, count, to_output(out, out_floats));
  });
}
