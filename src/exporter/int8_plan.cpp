#include "exporter/int8_plan.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace clipstill::exporter {
namespace {

// Operators without weights that stay int8 where all that they read is.
constexpr std::array<std::string_view, 4> kFollowers{"Add", "AveragePool", "Flatten",
                                                     "GlobalAveragePool"};

const torch::Tensor* find_initializer(const Graph& graph, const Value& name) {
  const auto found = std::ranges::find(graph.initializers, name, &Initializer::name);
  return found == graph.initializers.end() ? nullptr : &found->value;
}

}  // namespace

bool has_layer_weight(const Graph& graph, const Node& node) {
  const size_t index = node.op == "Gather" ? 0 : 1;
  constexpr std::array<std::string_view, 4> kLayers{"Conv", "MatMul", "Gather", "LSTM"};
  if (std::ranges::count(kLayers, node.op) == 0) return false;
  const auto* weight = find_initializer(graph, node.inputs.at(index));
  if (weight == nullptr || weight->scalar_type() != torch::kFloat) return false;
  return node.op == "Conv" || node.op == "LSTM" || weight->dim() == 2;
}

Int8Plan::Int8Plan(const Graph& graph, std::set<std::string> fp32_layers)
    : graph_(graph), fp32_layers_(std::move(fp32_layers)) {
  for (const auto& port : graph.outputs) outputs_.insert(port.name);
  for (const auto& node : graph.nodes) {
    for (const auto& value : node.inputs) readers_[value].push_back(&node);
  }
  for (const auto& node : graph.nodes) visit(node);
}

void Int8Plan::visit(const Node& node) {
  bool gives_int8 = false;
  if (has_layer_weight(graph_, node)) {
    if (fp32_layers_.contains(node.name)) return;
    int8_nodes_.insert(node.name);
    if (node.op == "Gather" || node.op == "LSTM") return;  // what they read stays fp32
    values_.insert(node.inputs[0]);
    gives_int8 = node.op == "Conv";
  } else if (std::ranges::count(kFollowers, node.op) > 0 && !outputs_.contains(node.outputs[0])) {
    // One that an fp32 node gives may be stored as int8 for another reader.
    gives_int8 =
        std::ranges::any_of(node.inputs, [&](const auto& v) { return comes_as_int8(v); }) &&
        std::ranges::all_of(node.inputs, [&](const auto& v) { return values_.contains(v); });
    if (gives_int8) int8_nodes_.insert(node.name);
  }
  if (!gives_int8) return;
  const auto& value = result(node);
  if (value != node.outputs[0]) folded_.insert(readers_.at(node.outputs[0]).front()->name);
  values_.insert(value);
  int8_results_.insert(value);
}

const Value& Int8Plan::result(const Node& node) const {
  const auto& value = node.outputs[0];
  const auto found = readers_.find(value);
  const bool ends_in_relu = is_int8(node) && !outputs_.contains(value) && found != readers_.end() &&
                            found->second.size() == 1 && found->second.front()->op == "Relu";
  return ends_in_relu ? found->second.front()->outputs[0] : value;
}

bool Int8Plan::reads_int8(const Node& node, const Value& value) const {
  return values_.contains(value) && (is_int8(node) || comes_as_int8(value));
}

}  // namespace clipstill::exporter
