// nn/bert.cpp
#include "exporter/layers.h"
#include "exporter/towers.h"
#include "exporter/transformer.h"

namespace clipstill::exporter {

Value export_bert(GraphBuilder& graph, const Weights& tower, const nn::TextTowerOptions& options,
                  const TextInputs& text) {
  const auto& where = tower.path();
  // A text alone is all of the first type.
  const auto type = graph.weight(tower.name("token_type"), tower.tensor("token_type")[0]);
  const auto rows = graph.add("Add", {embed_with_positions(graph, tower, text.ids), type}, where);
  const auto bias = attention_bias(graph, where, text.mask);
  return one_token(graph, tower.at("transformer"), layer_norm(graph, tower.at("norm"), rows),
                   {.width = options.width,
                    .layers = options.layers,
                    .head_width = options.head_width,
                    .gelu = nn::gelu_of(options.activation),
                    .post_norm = true},
                   bias, first_token(graph, where, bias));
}

}  // namespace clipstill::exporter
