#include "exporter/lstm.h"

#include <fmt/format.h>

#include "exporter/onnx_file.h"

namespace clipstill::exporter {
namespace {

// torch stacks the gates as input, forget, cell, output; ONNX as input, output, forget, cell.
torch::Tensor reordered(const torch::Tensor& gates) {
  const auto part = gates.chunk(4, 0);
  return torch::cat({part[0], part[3], part[1], part[2]}, 0);
}

// The parameter of one layer in all its directions, [D, ...].
torch::Tensor stacked(const Weights& layer, const std::string& parameter, bool bidirectional) {
  std::vector<torch::Tensor> directions{reordered(layer.tensor(parameter))};
  if (bidirectional) directions.push_back(reordered(layer.tensor(parameter + "_reverse")));
  return torch::stack(directions);
}

}  // namespace

LstmStates lstm(GraphBuilder& graph, const Weights& layer, Value x, const Value& lengths,
                const LstmShape& shape) {
  LstmStates states;
  for (int64_t i = 0; i < shape.layers; ++i) {
    const auto where = fmt::format("{}.{}", layer.path(), i);
    if (i > 0) {  // [L, D, B, H] -> [L, B, D x H]
      const auto turned = graph.add("Transpose", {states.all}, where, {{"perm", Ints{0, 2, 1, 3}}});
      x = graph.add("Reshape",
                    {turned, graph.integers({0, 0, (shape.bidirectional ? 2 : 1) * shape.hidden})},
                    where);
    }
    const auto read = [&](const char* name) {
      return stacked(layer, fmt::format("{}_l{}", name, i), shape.bidirectional);
    };
    const auto input_weight = graph.weight(where + ".input_weight", read("weight_ih"));
    const auto state_weight = graph.weight(where + ".state_weight", read("weight_hh"));
    const auto bias =
        graph.weight(where + ".bias", torch::cat({read("bias_ih"), read("bias_hh")}, 1));
    const auto results = graph.add_many(
        2, "LSTM", {x, input_weight, state_weight, bias, lengths}, where,
        {{"hidden_size", shape.hidden},
         {"direction", std::string(shape.bidirectional ? "bidirectional" : "forward")}});
    states = {results[0], results[1]};
  }
  return states;
}

Value sequence_lengths(GraphBuilder& graph, const std::string& where, const Value& mask) {
  const auto sum = graph.add("ReduceSum", {mask, graph.integers({1})}, where, {{"keepdims", 0}});
  return graph.add("Cast", {sum}, where, {{"to", onnx_type(torch::kInt)}});
}

}  // namespace clipstill::exporter
