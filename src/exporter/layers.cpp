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

Value gelu(GraphBuilder& graph, const std::string& where, const Value& x, nn::Gelu kind) {
  const auto times = [&](const Value& value, double factor) {
    return graph.add("Mul", {value, graph.scalar(static_cast<float>(factor))}, where);
  };
  if (kind == nn::Gelu::kQuick) {  // x sigmoid(1.702 x)
    return graph.add("Mul", {x, graph.add("Sigmoid", {times(x, 1.702)}, where)}, where);
  }
  if (kind == nn::Gelu::kTanh) {  // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    const auto cube = graph.add("Mul", {graph.add("Mul", {x, x}, where), x}, where);
    const auto inner = graph.add("Add", {x, times(cube, 0.044715)}, where);
    const double factor = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
    const auto tanh = graph.add("Tanh", {times(inner, factor)}, where);
    const auto gate = graph.add("Add", {tanh, graph.scalar(1.0f)}, where);
    return times(graph.add("Mul", {x, gate}, where), 0.5);
  }
  // x / 2 (1 + erf(x / sqrt 2))
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

Value embed_with_positions(GraphBuilder& graph, const Weights& tower, const Value& ids) {
  const auto& where = tower.path();
  const auto rows = embed_tokens(graph, tower.at("embedding"), ids);
  const auto length = graph.add("Shape", {ids}, where, {{"start", 1}, {"end", 2}});
  const auto position = graph.add("Slice",
                                  {graph.weight(tower.name("position"), tower.tensor("position")),
                                   graph.integers({0}), length, graph.integers({0})},
                                  where);  // [L, W]
  return graph.add("Add", {rows, position}, where);
}

}  // namespace clipstill::exporter
