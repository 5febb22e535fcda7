// Published models (pretrained/config.h) as models of ours.
#pragma once

#include <filesystem>

#include "bundle/weight_files.h"
#include "nn/clip_model.h"
#include "pretrained/config.h"

namespace clipstill::train {

/// The towers that compute what the published model computes; `inputs` of the text tower (its
/// vocabulary and special ids) are left to the tokenizer.
nn::ClipModelOptions options_of(const pretrained::Config& config);

/// The weights of `folder`, whose config is given. A folder may hold those of several libraries
/// (open_clip's beside timm's or a conversion for transformers): the config's family decides.
bundle::WeightFiles published_weights(const std::filesystem::path& folder,
                                      const pretrained::Config& config);

/// Copies the published weights of `folder` into a model of options_of(config). kBadData listing
/// every tensor that is missing, unexpected or of another shape.
void load_published_weights(const std::filesystem::path& folder, const pretrained::Config& config,
                            const nn::ClipModelImpl& network);

}  // namespace clipstill::train
