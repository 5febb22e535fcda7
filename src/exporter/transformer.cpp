#include "exporter/transformer.h"

#include <cmath>
#include <limits>

#include "exporter/layers.h"
#include "exporter/onnx_file.h"

namespace clipstill::exporter {
namespace {

// One layer. `x` [B, L, W] is what attention looks at, `queries` [B, Q, W] whose new values are
// wanted: all of x, or its first token.
class Layer {
 public:
  Layer(GraphBuilder& graph, const Weights& weights, const TransformerShape& shape)
      : graph_(graph), weights_(weights), shape_(shape) {}

  Value forward(const Value& x, bool only_first, const Value& bias) {
    const auto context = layer_norm(graph_, weights_.at("norm1"), x);
    const auto residual = only_first ? first(x) : x;
    const auto mixed = attention(only_first ? first(context) : context, context, bias);
    const auto y = add(residual, linear(graph_, weights_.at("out"), mixed));
    const auto hidden =
        linear(graph_, weights_.at("fc1"), layer_norm(graph_, weights_.at("norm2"), y));
    const auto active = gelu(graph_, weights_.path() + ".gelu", hidden, shape_.gelu);
    return add(y, linear(graph_, weights_.at("fc2"), active));
  }

 private:
  Value add(const Value& a, const Value& b) { return graph_.add("Add", {a, b}, weights_.path()); }

  Value first(const Value& x) {  // [B, L, W] -> [B, 1, W]
    return graph_.add("Gather", {x, graph_.integers({0})}, weights_.path(), {{"axis", 1}});
  }

  // [B, Q, W] and [B, L, W] -> [B, Q, W]
  Value attention(const Value& queries, const Value& context, const Value& bias) {
    const auto where = weights_.path() + ".attention";
    const double scale = 1.0 / std::sqrt(static_cast<double>(shape_.head_width));
    const auto q = projected(queries, 0, "query", {0, 2, 1, 3}, scale);  // [B, H, Q, W/H]
    const auto k = projected(context, 1, "key", {0, 2, 3, 1});           // [B, H, W/H, L]
    const auto v = projected(context, 2, "value", {0, 2, 1, 3});         // [B, H, L, W/H]
    auto scores = graph_.add("MatMul", {q, k}, where);                   // [B, H, Q, L]
    if (!bias.empty()) scores = graph_.add("Add", {scores, bias}, where);
    const auto shares = graph_.add("Softmax", {scores}, where, {{"axis", -1}});
    const auto mixed = graph_.add("Transpose", {graph_.add("MatMul", {shares, v}, where)}, where,
                                  {{"perm", Ints{0, 2, 1, 3}}});  // [B, Q, H, W/H]
    return graph_.add("Reshape", {mixed, graph_.integers({0, 0, shape_.width})}, where);
  }

  // The query, key or value part (0, 1, 2) of the qkv layer, its heads apart.
  Value projected(const Value& x, int64_t part, const char* name, const Ints& order,
                  double scale = 1.0) {
    const auto qkv = weights_.at("qkv");
    const auto take = [&](const char* parameter) {
      return qkv.tensor(parameter).narrow(0, part * shape_.width, shape_.width) * scale;
    };
    const auto where = weights_.path() + "." + name;
    const auto weight = graph_.weight(where + ".weight", take("weight").t());  // [W, W]
    const auto bias = graph_.weight(where + ".bias", take("bias"));
    const auto y = graph_.add("Add", {graph_.add("MatMul", {x, weight}, where), bias}, where);
    const auto heads = graph_.add(
        "Reshape",
        {y, graph_.integers({0, 0, shape_.width / shape_.head_width, shape_.head_width})}, where);
    return graph_.add("Transpose", {heads}, where, {{"perm", order}});
  }

  GraphBuilder& graph_;
  const Weights weights_;
  const TransformerShape& shape_;
};

}  // namespace

Value first_token(GraphBuilder& graph, const Weights& layer, Value x, const TransformerShape& shape,
                  const Value& bias) {
  for (int64_t i = 0; i < shape.layers; ++i) {
    x = Layer(graph, layer.at("layer" + std::to_string(i)), shape)
            .forward(x, /*only_first=*/i + 1 == shape.layers, bias);
  }
  const auto token = graph.add("Squeeze", {x, graph.integers({1})}, layer.path());  // [B, W]
  return layer_norm(graph, layer.at("norm"), token);
}

Value attention_bias(GraphBuilder& graph, const std::string& where, const Value& mask) {
  const auto number = graph.add("Cast", {mask}, where, {{"to", onnx_type(torch::kFloat)}});
  const auto zero_or_minus_one = graph.add("Sub", {number, graph.scalar(1.0f)}, where);
  const auto bias =
      graph.add("Mul", {zero_or_minus_one, graph.scalar(std::numeric_limits<float>::max())}, where);
  return graph.add("Unsqueeze", {bias, graph.integers({1, 2})}, where);
}

}  // namespace clipstill::exporter
