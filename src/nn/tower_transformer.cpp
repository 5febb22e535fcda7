#include "nn/tower_transformer.h"

#include <numeric>

#include "core/error.h"

namespace clipstill::nn {

TransformerOptions vit_transformer(const ImageTowerOptions& o) {
  return {.width = o.width,
          .layers = static_cast<int64_t>(std::accumulate(o.blocks.begin(), o.blocks.end(), 0.0)),
          .heads = head_count(o.width, o.head_width, "image tower " + o.arch),
          .mlp_width = o.mlp_width,
          .gelu = gelu_of(o.activation),
          .norm_epsilon = o.norm_epsilon};
}

TransformerOptions text_transformer(const TextTowerOptions& o) {
  return {.width = o.width,
          .layers = o.layers,
          .heads = head_count(o.width, o.head_width, "text tower " + o.arch),
          .mlp_width = o.mlp_width,
          .gelu = gelu_of(o.activation),
          .norm_epsilon = o.norm_epsilon};
}

int64_t position_rows(const TextTowerOptions& o) {
  if (o.positions != 0 && o.positions < o.context) {
    fail(ErrorCode::kUsage, "text tower {}: {} positions are fewer than the context of {}", o.arch,
         o.positions, o.context);
  }
  return o.positions != 0 ? o.positions : o.context;
}

}  // namespace clipstill::nn
