// nn/text_transformer.cpp
#include "exporter/layers.h"
#include "exporter/towers.h"
#include "exporter/transformer.h"

namespace clipstill::exporter {

Value export_text_transformer(GraphBuilder& graph, const Weights& tower,
                              const nn::TextTowerOptions& options, const TextInputs& text) {
  const auto& where = tower.path();
  const auto rows = embed_tokens(graph, tower.at("embedding"), text.ids);  // [B, L, W]
  // The positions up to this batch's length, [L, W].
  const auto length = graph.add("Shape", {text.ids}, where, {{"start", 1}, {"end", 2}});
  const auto position = graph.add("Slice",
                                  {graph.weight(tower.name("position"), tower.tensor("position")),
                                   graph.integers({0}), length, graph.integers({0})},
                                  where);
  const auto x = graph.add("Add", {rows, position}, where);
  return first_token(graph, tower.at("transformer"), x,
                     {.width = options.width,
                      .layers = options.layers,
                      .head_width = options.head_width,
                      .gelu = nn::gelu_of(options.activation)},
                     attention_bias(graph, where, text.mask));
}

}  // namespace clipstill::exporter
