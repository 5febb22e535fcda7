// nn/mobile.cpp: the parallel branches of each block are one convolution here.
#include "exporter/convolution.h"
#include "exporter/layers.h"
#include "exporter/towers.h"

namespace clipstill::exporter {

Value export_mobile(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                    const Value& pixels) {
  auto x = pixels;
  int64_t index = 0;
  const auto add = [&](int64_t stride, bool depthwise) {
    const auto layer = tower.at("convs").at(index++);
    const auto kernel = folded_rep_conv(layer);
    x = relu(graph, layer.path(),
             convolve(graph, layer.path(), x, kernel,
                      {.stride = stride,
                       .padding = kernel.weight.size(2) / 2,
                       .groups = depthwise ? kernel.weight.size(0) : 1}));
  };
  add(2, /*depthwise=*/false);
  for (size_t stage = 0; stage < options.blocks.size(); ++stage) {
    for (int64_t block = 0; block < static_cast<int64_t>(options.blocks[stage]); ++block) {
      add(stage > 0 && block == 0 ? 2 : 1, /*depthwise=*/true);
      add(1, /*depthwise=*/false);  // pointwise
    }
  }
  return average_over_positions(graph, tower.path(), x);
}

}  // namespace clipstill::exporter
