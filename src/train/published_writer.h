// A model of ours as a folder that the `transformers` library loads.
#pragma once

#include <filesystem>

#include "train/model_folder.h"

namespace clipstill::train {

/// Writes config.json, model.safetensors (fp32), tokenizer.json, tokenizer_config.json and
/// preprocessor_config.json of a CLIPModel (towers clip_vit and clip_text) or a ChineseCLIPModel
/// (clip_vit and bert). kUsage naming the towers if they are others.
void save_published(const std::filesystem::path& folder, const Model& model);

}  // namespace clipstill::train
