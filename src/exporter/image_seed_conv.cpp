// The image tower of nn/seed_towers.cpp: Conv - Relu - AdaptiveAvgPool(7 x 7).
#include "exporter/convolution.h"
#include "exporter/layers.h"
#include "exporter/towers.h"

namespace clipstill::exporter {
namespace {

constexpr int64_t kGrid = 7;

// [7, S]: row i holds the mean over the pixels from floor(i S / 7) to ceil((i + 1) S / 7).
torch::Tensor window_means(int64_t edge) {
  auto means = torch::zeros({kGrid, edge});
  for (int64_t i = 0; i < kGrid; ++i) {
    const int64_t begin = i * edge / kGrid, end = ((i + 1) * edge + kGrid - 1) / kGrid;
    means[i].slice(0, begin, end).fill_(1.0 / static_cast<double>(end - begin));
  }
  return means;
}

// [B, C, S, S] -> [B, C, 7, 7]. ONNX has no adaptive pooling: equal windows are AveragePool, others
// a matrix product from either side.
Value adaptive_average(GraphBuilder& graph, const std::string& where, const Value& x,
                       int64_t edge) {
  if (edge % kGrid == 0) {
    const Ints window{edge / kGrid, edge / kGrid};
    return graph.add("AveragePool", {x}, where, {{"kernel_shape", window}, {"strides", window}});
  }
  const auto means = window_means(edge);
  const auto rows = graph.add("MatMul", {graph.constant(where + ".pool_rows", means), x}, where);
  return graph.add("MatMul", {rows, graph.constant(where + ".pool_columns", means.t())}, where);
}

}  // namespace

Value export_seed_conv(GraphBuilder& graph, const Weights& tower,
                       const nn::ImageTowerOptions& options, const Value& pixels) {
  const auto conv = tower.at("conv");
  const auto x = convolve(graph, conv.path(), pixels, {conv.tensor("weight"), conv.tensor("bias")},
                          {.padding = 1});
  const auto pooled =
      adaptive_average(graph, tower.path(), relu(graph, conv.path(), x), options.size);
  return graph.add("Flatten", {pooled}, tower.path(), {{"axis", 1}});  // [B, 64 x 7 x 7]
}

}  // namespace clipstill::exporter
