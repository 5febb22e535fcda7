// Convolutions with their batch normalisation and parallel branches folded in.
#pragma once

#include <string>

#include "exporter/graph_builder.h"
#include "exporter/weights.h"

namespace clipstill::exporter {

/// Weight [out, in / groups, k, k] and bias [out]; an undefined bias is none.
struct Kernel {
  torch::Tensor weight, bias;
};

/// What a ConvBn of eval mode does, as one convolution. Computed in fp64, as all folding here.
Kernel folded_conv_bn(const Weights& layer);
/// The sum of the branches of a RepConv: k x k, 1 x 1 and identity, the last two where they exist.
Kernel folded_rep_conv(const Weights& layer);

struct ConvolutionShape {
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;
};

/// [B, in, H, W] -> [B, out, H', W']
Value convolve(GraphBuilder& graph, const std::string& where, const Value& x, const Kernel& kernel,
               const ConvolutionShape& shape);
/// convolve() for a ConvBn, which pads by half its kernel.
Value conv_bn(GraphBuilder& graph, const Weights& layer, const Value& x, int64_t stride);

/// Mean over windows of `edge` x `edge`: [B, C, H, W] -> [B, C, H / edge, W / edge].
Value average_pool(GraphBuilder& graph, const std::string& where, const Value& x, int64_t edge);

/// [B, C, H, W] -> [B, H W, C]
Value positions_as_tokens(GraphBuilder& graph, const std::string& where, const Value& x,
                          int64_t channels);

/// Mean over height and width: [B, C, H, W] -> [B, C].
Value average_over_positions(GraphBuilder& graph, const std::string& where, const Value& x);

}  // namespace clipstill::exporter
