// nn/vit.cpp: "vit", and "clip_vit", which normalises before the first layer; nn/siglip_vit.cpp.
#include <cmath>
#include <numeric>

#include "exporter/convolution.h"
#include "exporter/layers.h"
#include "exporter/towers.h"
#include "exporter/transformer.h"

namespace clipstill::exporter {
namespace {

// Pixels [B, 3, S, S] -> [B, P, W].
Value embed_patches(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                    const Value& pixels) {
  const auto patch = tower.at("patch");
  const auto bias = patch.has("bias") ? patch.tensor("bias") : torch::Tensor();
  const auto grid = convolve(graph, patch.path(), pixels, {patch.tensor("weight"), bias},
                             {.stride = options.patch});
  return positions_as_tokens(graph, tower.path(), grid, options.width);
}

TransformerShape shape_of(const nn::ImageTowerOptions& options) {
  return {.width = options.width,
          .layers = static_cast<int64_t>(
              std::accumulate(options.blocks.begin(), options.blocks.end(), 0.0)),
          .head_width = options.head_width,
          .gelu = nn::gelu_of(options.activation)};
}

// The same for all images, as queries_of() would give it: [1, H, 1, W/H].
torch::Tensor query_of_probe(const Weights& pool, int64_t head_width) {
  const auto probe = pool.tensor("probe").flatten();  // [W]
  const int64_t width = probe.size(0);
  const auto weight = pool.at("qkv").tensor("weight").narrow(0, 0, width);
  const auto bias = pool.at("qkv").tensor("bias").narrow(0, 0, width);
  const auto query = (torch::mv(weight, probe) + bias) / std::sqrt(static_cast<double>(head_width));
  return query.view({1, width / head_width, 1, head_width});
}

}  // namespace

Value export_vit(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                 const Value& pixels) {
  const auto& where = tower.path();
  const auto patches = embed_patches(graph, tower, options, pixels);

  // One class token for each image.
  const auto batch = graph.add("Shape", {pixels}, where, {{"start", 0}, {"end", 1}});
  const auto token_shape =
      graph.add("Concat", {batch, graph.integers({1, options.width})}, where, {{"axis", 0}});
  const auto token = graph.add(
      "Expand", {graph.weight(tower.name("class_token"), tower.tensor("class_token")), token_shape},
      where);
  const auto tokens = graph.add("Concat", {token, patches}, where, {{"axis", 1}});  // [B, P + 1, W]
  const auto position = graph.weight(tower.name("position"), tower.tensor("position"));

  auto x = graph.add("Add", {tokens, position}, where);
  if (tower.has("norm_pre")) x = layer_norm(graph, tower.at("norm_pre"), x);
  return one_token(graph, tower.at("transformer"), x, shape_of(options), /*bias=*/{},
                   first_token(graph, where));
}

Value export_siglip_vit(GraphBuilder& graph, const Weights& tower,
                        const nn::ImageTowerOptions& options, const Value& pixels) {
  const auto position = graph.weight(tower.name("position"), tower.tensor("position"));
  const auto patches =
      graph.add("Add", {embed_patches(graph, tower, options, pixels), position}, tower.path());
  const auto x = all_tokens(graph, tower.at("transformer"), patches, shape_of(options));

  const auto pool = tower.at("pool");
  const auto query = graph.weight(pool.name("query"), query_of_probe(pool, options.head_width));
  const auto mixed = attend(graph, pool, options.head_width, query, x);  // [B, 1, W]
  const auto y = graph.add("Squeeze", {linear(graph, pool.at("out"), mixed), graph.integers({1})},
                           pool.path());
  const auto hidden = linear(graph, pool.at("fc1"), layer_norm(graph, pool.at("norm"), y));
  const auto active = gelu(graph, pool.path() + ".gelu", hidden, nn::gelu_of(options.activation));
  return graph.add("Add", {y, linear(graph, pool.at("fc2"), active)}, pool.path());
}

}  // namespace clipstill::exporter
