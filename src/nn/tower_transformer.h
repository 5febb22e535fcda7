// The transformer inside a tower, by the tower's options.
#pragma once

#include "nn/image_tower.h"
#include "nn/text_tower.h"
#include "nn/transformer.h"

namespace clipstill::nn {

/// kUsage naming the tower if the head width does not divide its width.
TransformerOptions vit_transformer(const ImageTowerOptions& options);
TransformerOptions text_transformer(const TextTowerOptions& options);

/// Rows of the position table of a text tower.
int64_t position_rows(const TextTowerOptions& options);

}  // namespace clipstill::nn
