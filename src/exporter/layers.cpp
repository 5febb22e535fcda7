#include "exporter/layers.h"

#include <numbers>

namespace clipstill::exporter {

Value linear(GraphBuilder& graph, const Weights& layer, const Value& x) {
  const auto weight = graph.weight(layer.name("weight"), layer.tensor("weight").t());  // [in, out]
  const auto product = graph.add("MatMul", {x, weight}, layer.path());
  if (!layer.has("bias")) return product;
  return graph.add("Add", {product, graph.weight(layer.name("bias"), layer.tensor("bias"))},
                   layer.path());
}

Value layer_norm(GraphBuilder& graph, const Weights& layer, const Value& x) {
  return graph.add("LayerNormalization",
                   {x, graph.weight(layer.name("weight"), layer.tensor("weight")),
                    graph.weight(layer.name("bias"), layer.tensor("bias"))},
                   layer.path(), {{"axis", -1}, {"epsilon", static_cast<float>(layer.epsilon())}});
}

Value gelu(GraphBuilder& graph, const std::string& where, const Value& x) {
  const auto root = graph.scalar(static_cast<float>(std::numbers::sqrt2));
  const auto erf = graph.add("Erf", {graph.add("Div", {x, root}, where)}, where);
  const auto gate = graph.add("Add", {erf, graph.scalar(1.0f)}, where);
  return graph.add("Mul", {graph.add("Mul", {x, gate}, where), graph.scalar(0.5f)}, where);
}

Value relu(GraphBuilder& graph, const std::string& where, const Value& x) {
  return graph.add("Relu", {x}, where);
}

Value l2_normalise(GraphBuilder& graph, const std::string& where, const Value& x) {
  const auto norm = graph.add("ReduceL2", {x}, where, {{"axes", Ints{-1}}, {"keepdims", 1}});
  return graph.add("Div", {x, graph.add("Max", {norm, graph.scalar(1e-12f)}, where)}, where);
}

Value embed_tokens(GraphBuilder& graph, const Weights& layer, const Value& ids) {
  const auto table = layer.at("table");
  const auto rows =
      graph.add("Gather", {graph.weight(table.name("weight"), table.tensor("weight")), ids},
                table.path(), {{"axis", 0}});
  return layer.has("factor") ? linear(graph, layer.at("factor"), rows) : rows;
}

}  // namespace clipstill::exporter
