// nn/resnet.cpp: batch normalisation is folded, so that Conv, the shortcut's Add and Relu fuse.
#include "exporter/convolution.h"
#include "exporter/layers.h"
#include "exporter/towers.h"

namespace clipstill::exporter {
namespace {

Value basic_block(GraphBuilder& graph, const Weights& block, const Value& x, int64_t stride) {
  auto residual = x;
  if (stride > 1) residual = average_pool(graph, block.path(), x, stride);
  if (block.has("shortcut")) residual = conv_bn(graph, block.at("shortcut"), residual, 1);
  auto y = conv_bn(graph, block.at("conv1"), x, stride);
  y = conv_bn(graph, block.at("conv2"), relu(graph, block.path(), y), 1);
  return relu(graph, block.path(), graph.add("Add", {residual, y}, block.path()));
}

}  // namespace

Value export_resnet(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                    const Value& pixels) {
  auto x = relu(graph, tower.at("stem").path(), conv_bn(graph, tower.at("stem"), pixels, 2));
  int64_t index = 0;
  for (size_t stage = 0; stage < options.blocks.size(); ++stage) {
    for (int64_t block = 0; block < static_cast<int64_t>(options.blocks[stage]); ++block) {
      const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      x = basic_block(graph, tower.at("blocks").at(index++), x, stride);
    }
  }
  return average_over_positions(graph, tower.path(), x);
}

}  // namespace clipstill::exporter
