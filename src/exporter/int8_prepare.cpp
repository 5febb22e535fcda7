#include "exporter/int8_prepare.h"

#include <algorithm>
#include <map>
#include <vector>

#include "exporter/operators.h"

namespace clipstill::exporter {
namespace {

void set_attribute(Node& node, const std::string& name, const Ints& value) {
  std::erase_if(node.attributes, [&](const auto& item) { return item.name == name; });
  node.attributes.push_back({name, value});
}

// Whether the node is a 1 x 1 convolution over all channels, with stride 1.
bool is_pointwise(const Node& node) {
  return node.op == "Conv" && integers(node, "kernel_shape", {}) == Ints{1, 1} &&
         integers(node, "strides", {1, 1}) == Ints{1, 1} && integer(node, "group", 1) == 1;
}

// Whether the windows of a pooling lie side by side.
bool is_tiling(const Node& node) {
  return node.op == "AveragePool" &&
         integers(node, "kernel_shape", {}) == integers(node, "strides", {1, 1});
}

}  // namespace

Graph prepared_for_int8(Graph graph) {
  std::map<Value, size_t> readers;
  for (const auto& node : graph.nodes) {
    for (const auto& value : node.inputs) ++readers[value];
  }
  for (const auto& port : graph.outputs) ++readers[port.name];
  std::map<Value, Node> pools;  // by what they give
  for (const auto& node : graph.nodes) {
    if (is_tiling(node) && readers[node.outputs[0]] == 1) pools[node.outputs[0]] = node;
  }

  std::set<Value> folded;
  for (auto& node : graph.nodes) {
    if (!is_pointwise(node) || !pools.contains(node.inputs[0])) continue;
    const auto& pool = pools.at(node.inputs[0]);
    const auto window = integers(pool, "kernel_shape", {});
    auto& weight = std::ranges::find(graph.initializers, node.inputs[1], &Initializer::name)->value;
    const auto area = static_cast<double>(window[0] * window[1]);
    weight = (weight / area).expand({-1, -1, window[0], window[1]}).contiguous();
    set_attribute(node, "kernel_shape", window);
    set_attribute(node, "strides", window);
    folded.insert(node.inputs[0]);
    node.inputs[0] = pool.inputs[0];
  }
  std::erase_if(graph.nodes, [&](const Node& node) { return folded.contains(node.outputs[0]); });
  return graph;
}

std::set<std::string> slow_in_int8(const Graph& graph) {
  std::set<std::string> layers;
  for (const auto& node : graph.nodes) {
    if (node.op != "Conv") continue;
    if (std::ranges::count(graph.inputs, node.inputs[0], &Port::name) > 0) layers.insert(node.name);
  }
  return layers;
}

}  // namespace clipstill::exporter
