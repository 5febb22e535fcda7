// The bundle: everything that a device needs to run a model, in one folder.
//
//   config.json               what the model is, its logit scale and its files
//   tokenizer.json            as Hugging Face `tokenizers` reads it; or SigLIP's spiece.model with
//                             tokenizer_config.json
//   preprocessor_config.json  how an image becomes pixel_values
//   onnx/image_encoder.onnx, onnx/text_encoder.onnx
//   onnx/image_encoder_int8.onnx, onnx/text_encoder_int8.onnx   where there are int8 encoders
//   selftest.safetensors      inputs and expected embeddings (exporter/selftest.h)
//   metrics.json              accuracy, where the data was given (bundle/metrics_file.h)
//   README.md                 the model card
//   manifest.json             sizes and hashes of the others
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bundle/metrics_file.h"
#include "exporter/selftest.h"
#include "nn/clip_model.h"

namespace clipstill::exporter {

struct BundleContent {
  nn::ClipModel model{nullptr};
  std::string weights_fingerprint;                             // of the model's file
  std::vector<std::pair<std::string, std::string>> tokenizer;  // files: name and content
  std::string preprocessor_json;
  SelftestInputs selftest;
  std::optional<bundle::MetricsFile> metrics = {};
  std::optional<Encoders> int8 = {};
  bool half = false;       // the weights of the fp32 encoders in fp16
  std::string notes = {};  // Markdown that ends the model card
};

/// Writes the folder whole or not at all and returns the bytes of each file. A folder that exists
/// is replaced if it is empty or a bundle of this version or an older one; anything else is kUsage.
std::map<std::string, uint64_t> write_bundle(const std::filesystem::path& folder,
                                             const BundleContent& content);

}  // namespace clipstill::exporter
