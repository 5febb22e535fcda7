// The layers that several towers share, each as the nodes that ONNX Runtime recognises. `where`
// and the path of the weights name the nodes.
#pragma once

#include <string>

#include "exporter/graph_builder.h"
#include "exporter/weights.h"
#include "nn/transformer.h"

namespace clipstill::exporter {

/// [..., in] -> [..., out]; the bias is optional.
Value linear(GraphBuilder& graph, const Weights& layer, const Value& x);

Value layer_norm(GraphBuilder& graph, const Weights& layer, const Value& x);

/// The exact one in the form that becomes one Gelu node (with its bias, BiasGelu).
Value gelu(GraphBuilder& graph, const std::string& where, const Value& x,
           nn::Gelu kind = nn::Gelu::kExact);

Value relu(GraphBuilder& graph, const std::string& where, const Value& x);

/// Division by the L2 norm of the last axis, as torch.nn.functional.normalize.
Value l2_normalise(GraphBuilder& graph, const std::string& where, const Value& x);

/// Token ids [B, L] or [L, B] -> embeddings with one more axis, [.., .., W].
Value embed_tokens(GraphBuilder& graph, const Weights& layer, const Value& ids);

/// embed_tokens() of ids [B, L] plus the first L rows of `position`, both of `tower`: [B, L, W].
Value embed_with_positions(GraphBuilder& graph, const Weights& tower, const Value& ids);

}  // namespace clipstill::exporter
