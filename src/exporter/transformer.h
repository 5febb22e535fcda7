// The pre-norm transformer encoder of both CLIP towers (nn/transformer.h).
//
// ONNX Runtime fuses its GELU with the bias before it; its attention fusions want post-norm or
// exporter-specific patterns, so attention is plain MatMul - Softmax - MatMul, with the scale
// folded into the query weights.
#pragma once

#include "exporter/graph_builder.h"
#include "exporter/weights.h"
#include "nn/transformer.h"

namespace clipstill::exporter {

struct TransformerShape {
  int64_t width = 0;  // W
  int64_t layers = 0;
  int64_t head_width = 0;
  nn::Gelu gelu = nn::Gelu::kExact;
};

/// The first token after the last layer and the final normalisation: x [B, L, W] -> [B, W].
/// `bias`, added to the attention scores, is [B, 1, 1, L], or empty for none. What the other tokens
/// become in the last layer is not computed, since nothing reads it.
Value first_token(GraphBuilder& graph, const Weights& layer, Value x, const TransformerShape& shape,
                  const Value& bias = {});

/// What keeps padding out of the attention: mask [B, L] int64 -> [B, 1, 1, L], 0 or lowest float.
Value attention_bias(GraphBuilder& graph, const std::string& where, const Value& mask);

}  // namespace clipstill::exporter
