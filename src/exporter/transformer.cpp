#include "exporter/transformer.h"

#include <cmath>
#include <limits>

#include "exporter/layers.h"
#include "exporter/onnx_file.h"

namespace clipstill::exporter {
namespace {

// The query, key or value part (0, 1, 2) of the layer "qkv", its heads apart.
Value projected(GraphBuilder& graph, const Weights& layer, int64_t head_width, const Value& x,
                int64_t part, const char* name, const Ints& order, double scale = 1.0) {
  const auto qkv = layer.at("qkv");
  const int64_t width = qkv.tensor("bias").size(0) / 3;
  const auto take = [&](const char* parameter) {
    return qkv.tensor(parameter).narrow(0, part * width, width) * scale;
  };
  const auto where = layer.path() + "." + name;
  const auto weight = graph.weight(where + ".weight", take("weight").t());  // [W, W]
  const auto bias = graph.weight(where + ".bias", take("bias"));
  const auto y = graph.add("Add", {graph.add("MatMul", {x, weight}, where), bias}, where);
  const auto heads =
      graph.add("Reshape", {y, graph.integers({0, 0, width / head_width, head_width})}, where);
  return graph.add("Transpose", {heads}, where, {{"perm", order}});
}

// One layer. `x` [B, L, W] is what attention looks at, `pick`, if any, takes the tokens whose new
// values are wanted.
class Layer {
 public:
  Layer(GraphBuilder& graph, const Weights& weights, const TransformerShape& shape)
      : graph_(graph), weights_(weights), shape_(shape) {}

  Value forward(const Value& x, const Value& bias,
                const std::function<Value(const Value&)>& pick = {}) {
    const auto wanted = [&](const Value& y) { return pick ? pick(y) : y; };
    if (shape_.post_norm) {
      const auto queries = wanted(x);
      const auto y = norm("norm1", add(queries, attention(queries, x, bias)));
      return norm("norm2", add(y, feed_forward(y)));
    }
    const auto context = norm("norm1", x);
    const auto y = add(wanted(x), attention(wanted(context), context, bias));
    return add(y, feed_forward(norm("norm2", y)));
  }

 private:
  Value add(const Value& a, const Value& b) { return graph_.add("Add", {a, b}, weights_.path()); }
  Value norm(const char* name, const Value& x) { return layer_norm(graph_, weights_.at(name), x); }
  Value attention(const Value& queries, const Value& context, const Value& bias) {
    const auto heads = queries_of(graph_, weights_, shape_.head_width, queries);
    return linear(graph_, weights_.at("out"),
                  attend(graph_, weights_, shape_.head_width, heads, context, bias));
  }
  Value feed_forward(const Value& x) {
    const auto hidden = linear(graph_, weights_.at("fc1"), x);
    const auto active = gelu(graph_, weights_.path() + ".gelu", hidden, shape_.gelu);
    return linear(graph_, weights_.at("fc2"), active);
  }

  GraphBuilder& graph_;
  const Weights weights_;
  const TransformerShape& shape_;
};

Weights layer_at(const Weights& transformer, int64_t index) {
  return transformer.at("layer" + std::to_string(index));
}

Value normalised(GraphBuilder& graph, const Weights& layer, const Value& x,
                 const TransformerShape& shape) {
  return shape.post_norm ? x : layer_norm(graph, layer.at("norm"), x);
}

}  // namespace

Value queries_of(GraphBuilder& graph, const Weights& layer, int64_t head_width, const Value& x) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_width));
  return projected(graph, layer, head_width, x, 0, "query", {0, 2, 1, 3}, scale);
}

Value attend(GraphBuilder& graph, const Weights& layer, int64_t head_width, const Value& queries,
             const Value& context, const Value& bias) {
  const auto where = layer.path() + ".attention";
  const auto k = projected(graph, layer, head_width, context, 1, "key", {0, 2, 3, 1});
  const auto v = projected(graph, layer, head_width, context, 2, "value", {0, 2, 1, 3});
  auto scores = graph.add("MatMul", {queries, k}, where);  // [B, H, Q, L]
  if (!bias.empty()) scores = graph.add("Add", {scores, bias}, where);
  const auto shares = graph.add("Softmax", {scores}, where, {{"axis", -1}});
  const auto mixed = graph.add("Transpose", {graph.add("MatMul", {shares, v}, where)}, where,
                               {{"perm", Ints{0, 2, 1, 3}}});  // [B, Q, H, W/H]
  const int64_t width = layer.at("qkv").tensor("bias").size(0) / 3;
  return graph.add("Reshape", {mixed, graph.integers({0, 0, width})}, where);
}

OneToken first_token(GraphBuilder& graph, const std::string& where, const Value& bias) {
  return {[&graph, where](const Value& x) {
            return graph.add("Gather", {x, graph.integers({0})}, where, {{"axis", 1}});
          },
          bias};
}

Value one_token(GraphBuilder& graph, const Weights& layer, Value x, const TransformerShape& shape,
                const Value& bias, const OneToken& token) {
  for (int64_t i = 0; i + 1 < shape.layers; ++i) {
    x = Layer(graph, layer_at(layer, i), shape).forward(x, bias);
  }
  x = Layer(graph, layer_at(layer, shape.layers - 1), shape).forward(x, token.bias, token.pick);
  const auto feature = graph.add("Squeeze", {x, graph.integers({1})}, layer.path());  // [B, W]
  return normalised(graph, layer, feature, shape);
}

Value all_tokens(GraphBuilder& graph, const Weights& layer, Value x,
                 const TransformerShape& shape) {
  for (int64_t i = 0; i < shape.layers; ++i) {
    x = Layer(graph, layer_at(layer, i), shape).forward(x, /*bias=*/{});
  }
  return normalised(graph, layer, x, shape);
}

Value attention_bias(GraphBuilder& graph, const std::string& where, const Value& mask) {
  const auto number = graph.add("Cast", {mask}, where, {{"to", onnx_type(torch::kFloat)}});
  const auto zero_or_minus_one = graph.add("Sub", {number, graph.scalar(1.0f)}, where);
  const auto bias =
      graph.add("Mul", {zero_or_minus_one, graph.scalar(std::numeric_limits<float>::max())}, where);
  return graph.add("Unsqueeze", {bias, graph.integers({1, 2})}, where);
}

}  // namespace clipstill::exporter
