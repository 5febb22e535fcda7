// Proof that a bundle runs here as it did where it was written. Loading an encoder tries the first
// sample; verify_bundle() tries all.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/image_encoder.h"
#include "runtime/text_encoder.h"

namespace clipstill::runtime {

/// How far embeddings are from those in selftest.safetensors: the greatest absolute difference.
struct Difference {
  int64_t samples = 0;
  double value = 0;
};

/// The difference that is allowed: rounding in fp32; in int8 also a step of it here and there, but
/// not the saturation of CPUs without VNNI.
double allowed_difference(const std::string& precision);

/// Runs the encoder on the first `samples` inputs of selftest.safetensors (all if there are fewer);
/// for texts the tokenizer too. The expected embeddings are the tensors image_embeds and
/// text_embeds, or image_embeds_int8 and text_embeds_int8 for that precision. kBadData naming the
/// encoder and the difference, or the text whose ids differ.
Difference selftest_images(const BundleFolder& folder, const ImageEncoder& encoder,
                           const std::string& precision, int64_t samples);
Difference selftest_texts(const BundleFolder& folder, const TextEncoder& encoder,
                          const std::string& precision, int64_t samples);

/// Checks every file of the bundle against its manifest, loads both encoders and runs the whole
/// self-test.
struct Verification {
  Difference images, texts;
};
Verification verify_bundle(const std::filesystem::path& folder, const RuntimeOptions& options);

}  // namespace clipstill::runtime
