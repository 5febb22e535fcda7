// A model of ours as a folder that the `transformers` library loads.
#pragma once

#include <filesystem>

#include "train/model_folder.h"

namespace clipstill::train {

/// Writes config.json, model.safetensors (fp32), the files of the tokenizer, tokenizer_config.json
/// and preprocessor_config.json of a CLIPModel (towers clip_vit and clip_text), a ChineseCLIPModel
/// (clip_vit and bert) or a SiglipModel (siglip_vit and siglip_text). kUsage naming the towers if
/// they are others, or what the model has beyond its class or lacks.
void save_published(const std::filesystem::path& folder, const Model& model);

}  // namespace clipstill::train
