// The options of a model as the config.json of a model folder or a bundle holds them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "nn/clip_model.h"

namespace clipstill::nn {

/// Every declared option by its key, "model.embed_dim", and the size of the vocabulary.
nlohmann::ordered_json to_json(ClipModelOptions options);

}  // namespace clipstill::nn
