// The transformer encoder of the towers (nn/transformer.h), pre-norm or, as BERT's, post-norm.
//
// ONNX Runtime fuses its GELU with the bias before it; its attention fusions want
// exporter-specific patterns, so attention is plain MatMul - Softmax - MatMul, with the scale
// folded into the query weights.
#pragma once

#include <functional>

#include "exporter/graph_builder.h"
#include "exporter/weights.h"
#include "nn/transformer.h"

namespace clipstill::exporter {

struct TransformerShape {
  int64_t width = 0;  // W
  int64_t layers = 0;
  int64_t head_width = 0;
  nn::Gelu gelu = nn::Gelu::kExact;
  bool post_norm = false;
};

/// The token that a text's or an image's feature is read from.
struct OneToken {
  std::function<Value(const Value& x)> pick;  // [B, L, W] -> [B, 1, W]
  Value bias;                                 // of its attention scores: [B, 1, 1, L], or none
};

/// The first token; `bias` [B, 1, 1, L].
OneToken first_token(GraphBuilder& graph, const std::string& where, const Value& bias = {});

/// One token after the last layer and the final normalisation: x [B, L, W] -> [B, W]. `bias`, added
/// to the attention scores of the layers before, is [B, 1, 1, L] or [L, L], or empty for none. What
/// the other tokens become in the last layer is not computed, since nothing reads it.
Value one_token(GraphBuilder& graph, const Weights& layer, Value x, const TransformerShape& shape,
                const Value& bias, const OneToken& token);

/// All tokens: [B, L, W] -> [B, L, W].
Value all_tokens(GraphBuilder& graph, const Weights& layer, Value x, const TransformerShape& shape);

/// The queries of `x` [B, Q, W] by the layer "qkv" of `layer`, scaled, for attend(): [B, H, Q,
/// W/H].
Value queries_of(GraphBuilder& graph, const Weights& layer, int64_t head_width, const Value& x);

/// Multi-head attention of queries [B or 1, H, Q, W/H] to `context` [B, L, W] by the same layer,
/// before the projection of its result: [B, Q, W].
Value attend(GraphBuilder& graph, const Weights& layer, int64_t head_width, const Value& queries,
             const Value& context, const Value& bias = {});

/// What keeps padding out of the attention: mask [B, L] int64 -> [B, 1, 1, L], 0 or lowest float.
Value attention_bias(GraphBuilder& graph, const std::string& where, const Value& mask);

}  // namespace clipstill::exporter
