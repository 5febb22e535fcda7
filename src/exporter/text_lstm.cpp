// nn/text_lstm.cpp: the mean of a bidirectional LSTM's states over the tokens.
#include "exporter/layers.h"
#include "exporter/lstm.h"
#include "exporter/onnx_file.h"
#include "exporter/towers.h"

namespace clipstill::exporter {

Value export_text_lstm(GraphBuilder& graph, const Weights& tower,
                       const nn::TextTowerOptions& options, const TextInputs& text) {
  const auto& where = tower.path();
  // ONNX Runtime's LSTM wants the steps first; the ids are the cheapest to turn.
  const auto steps = graph.add("Transpose", {text.ids}, where, {{"perm", Ints{1, 0}}});
  const auto lengths = sequence_lengths(graph, where, text.mask);
  const auto states =
      lstm(graph, tower.at("lstm"), embed_tokens(graph, tower.at("embedding"), steps), lengths,
           {.hidden = options.width, .layers = options.layers, .bidirectional = true});

  // The mask as a row [B, 1, L] sums the states [B, L, 2W] of the tokens and of nothing else.
  const auto turned =
      graph.add("Transpose", {states.all}, where, {{"perm", Ints{2, 0, 1, 3}}});  // [B, L, 2, W]
  const auto by_text =
      graph.add("Reshape", {turned, graph.integers({0, 0, 2 * options.width})}, where);
  const auto mask = graph.add("Cast", {text.mask}, where, {{"to", onnx_type(torch::kFloat)}});
  const auto row = graph.add("Unsqueeze", {mask, graph.integers({1})}, where);
  const auto sum =
      graph.add("Squeeze", {graph.add("MatMul", {row, by_text}, where), graph.integers({1})},
                where);  // [B, 2W]
  const auto count =
      graph.add("ReduceSum", {mask, graph.integers({1})}, where, {{"keepdims", 1}});  // [B, 1]
  return graph.add("Div", {sum, count}, where);
}

}  // namespace clipstill::exporter
