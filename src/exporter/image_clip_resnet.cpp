// nn/clip_resnet.cpp: batch normalisation is folded, so that Conv, the shortcut's Add and Relu
// fuse.
#include "exporter/convolution.h"
#include "exporter/layers.h"
#include "exporter/towers.h"
#include "exporter/transformer.h"

namespace clipstill::exporter {
namespace {

Value bottleneck(GraphBuilder& graph, const Weights& block, const Value& x, int64_t stride) {
  const auto& where = block.path();
  const auto pooled = [&](const Value& y) {
    return stride > 1 ? average_pool(graph, where, y, stride) : y;
  };
  const auto first = relu(graph, where, conv_bn(graph, block.at("conv1"), x, 1));
  const auto second = relu(graph, where, conv_bn(graph, block.at("conv2"), first, 1));
  const auto residual =
      block.has("shortcut") ? conv_bn(graph, block.at("shortcut"), pooled(x), 1) : x;
  const auto third = conv_bn(graph, block.at("conv3"), pooled(second), 1);
  return relu(graph, where, graph.add("Add", {residual, third}, where));
}

}  // namespace

Value export_clip_resnet(GraphBuilder& graph, const Weights& tower,
                         const nn::ImageTowerOptions& options, const Value& pixels) {
  const auto& where = tower.path();
  auto x = relu(graph, where, conv_bn(graph, tower.at("stem1"), pixels, 2));
  x = relu(graph, where, conv_bn(graph, tower.at("stem2"), x, 1));
  x = relu(graph, where, conv_bn(graph, tower.at("stem3"), x, 1));
  x = average_pool(graph, where, x, 2);
  int64_t index = 0;
  for (size_t stage = 0; stage < options.blocks.size(); ++stage) {
    for (int64_t block = 0; block < static_cast<int64_t>(options.blocks[stage]); ++block) {
      const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      x = bottleneck(graph, tower.at("blocks").at(index++), x, stride);
    }
  }
  const auto position = tower.tensor("position");  // [P + 1, W]
  const auto mean =
      graph.add("Unsqueeze", {average_over_positions(graph, where, x), graph.integers({1})}, where);
  const auto tokens =
      graph.add("Concat", {mean, positions_as_tokens(graph, where, x, position.size(1))}, where,
                {{"axis", 1}});
  const auto placed =
      graph.add("Add", {tokens, graph.weight(tower.name("position"), position)}, where);
  const auto first = graph.add("Gather", {placed, graph.integers({0})}, where, {{"axis", 1}});
  const auto query = queries_of(graph, tower, options.head_width, first);
  const auto mixed = attend(graph, tower, options.head_width, query, placed);
  return graph.add("Squeeze", {mixed, graph.integers({1})}, where);
}

}  // namespace clipstill::exporter
