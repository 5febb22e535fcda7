// A model on disk: config.json, model.safetensors, the files of its tokenizer,
// preprocessor_config.json. A run's `best` folder is one, and so is a shipped teacher; published
// models are read, too.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "image/preprocess.h"
#include "nn/clip_model.h"
#include "text/tokenizer.h"
#include "train/tensors.h"

namespace clipstill::train {

struct Model {
  nn::ClipModel network{nullptr};
  std::shared_ptr<const text::Tokenizer> tokenizer;
  image::Preprocess preprocess;
};

/// A network whose text tower fits the tokenizer; nn::make_clip_model().
nn::ClipModel make_network(nn::ClipModelOptions options, const text::Tokenizer& tokenizer,
                           uint64_t seed);

/// Writes the folder; `weights` may be an average of the network's. fp16 where `half`.
void save_model(const std::filesystem::path& folder, const Model& model,
                const NamedTensors& weights, bool half = false);

/// One of ours, or a published one (pretrained/config.h). kMissingFile, kBadData naming file and
/// cause.
Model load_model(const std::filesystem::path& folder);

/// Hash of the weights as they are stored in the folder, and of what its config makes of them.
std::string weights_fingerprint(const std::filesystem::path& folder);

}  // namespace clipstill::train
