// The text tower of nn/seed_towers.cpp: the state of an LSTM at the last token.
#include "exporter/layers.h"
#include "exporter/lstm.h"
#include "exporter/towers.h"

namespace clipstill::exporter {

Value export_seed_lstm(GraphBuilder& graph, const Weights& tower, const nn::TextTowerOptions&,
                       const TextInputs& text) {
  const auto& where = tower.path();
  const auto steps = graph.add("Transpose", {text.ids}, where, {{"perm", Ints{1, 0}}});  // [L, B]
  const auto layer = tower.at("lstm");
  const int64_t hidden = layer.tensor("weight_hh_l0").size(1);
  const auto states = lstm(graph, layer, embed_tokens(graph, tower.at("embedding"), steps),
                           sequence_lengths(graph, where, text.mask), {.hidden = hidden});
  return graph.add("Squeeze", {states.last, graph.integers({0})}, where);  // [1, B, H] -> [B, H]
}

}  // namespace clipstill::exporter
