// nn/vit.cpp: "vit", and "clip_vit", which normalises before the first layer.
#include <numeric>

#include "exporter/convolution.h"
#include "exporter/layers.h"
#include "exporter/towers.h"
#include "exporter/transformer.h"

namespace clipstill::exporter {

Value export_vit(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                 const Value& pixels) {
  const auto& where = tower.path();
  const int64_t width = options.width;
  const auto patch = tower.at("patch");
  const auto grid = convolve(graph, patch.path(), pixels, {patch.tensor("weight"), {}},
                             {.stride = options.patch});
  const auto flat = graph.add("Reshape", {grid, graph.integers({0, width, -1})}, where);
  const auto patches =
      graph.add("Transpose", {flat}, where, {{"perm", Ints{0, 2, 1}}});  // [B, P, W]

  // One class token for each image.
  const auto batch = graph.add("Shape", {pixels}, where, {{"start", 0}, {"end", 1}});
  const auto token_shape =
      graph.add("Concat", {batch, graph.integers({1, width})}, where, {{"axis", 0}});
  const auto token = graph.add(
      "Expand", {graph.weight(tower.name("class_token"), tower.tensor("class_token")), token_shape},
      where);
  const auto tokens = graph.add("Concat", {token, patches}, where, {{"axis", 1}});  // [B, P + 1, W]
  const auto position = graph.weight(tower.name("position"), tower.tensor("position"));

  const TransformerShape shape{.width = width,
                               .layers = static_cast<int64_t>(std::accumulate(
                                   options.blocks.begin(), options.blocks.end(), 0.0)),
                               .head_width = options.head_width,
                               .gelu = nn::gelu_of(options.activation)};
  auto x = graph.add("Add", {tokens, position}, where);
  if (tower.has("norm_pre")) x = layer_norm(graph, tower.at("norm_pre"), x);
  return first_token(graph, tower.at("transformer"), x, shape);
}

}  // namespace clipstill::exporter
