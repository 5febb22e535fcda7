// Which nodes of a graph run in int8, and which values between them are stored so.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/graph.h"

namespace clipstill::exporter {

class Int8Plan {
 public:
  /// The graph must outlive the plan.
  Int8Plan(const Graph& graph, std::set<std::string> fp32_layers);

  /// Whether the node's weights, if it has any, are int8; all but LSTMs compute in int8 too.
  bool is_int8(const Node& node) const { return int8_nodes_.contains(node.name); }
  /// Whether the node is a Relu that the node before it does by its range.
  bool is_folded(const Node& node) const { return folded_.contains(node.name); }
  /// The value that the node gives, which is its Relu's where that is folded.
  const Value& result(const Node& node) const;

  /// Values that pass through QuantizeLinear and DequantizeLinear, in no order.
  const std::set<Value>& values() const { return values_; }
  /// Whether `node` reads `value` after that rather than as it was.
  bool reads_int8(const Node& node, const Value& value) const;

 private:
  void visit(const Node& node);
  bool comes_as_int8(const Value& value) const { return int8_results_.contains(value); }

  const Graph& graph_;
  std::set<std::string> fp32_layers_;
  std::map<Value, std::vector<const Node*>> readers_;
  std::set<Value> initializers_, outputs_;
  std::set<std::string> int8_nodes_, folded_;  // names of nodes
  std::set<Value> values_;
  std::set<Value> int8_results_;  // of the values_: those that an int8 kernel gives
};

/// Whether a node has weights that can be int8: a convolution, a matrix product with a constant on
/// the right, rows gathered from a constant table, an LSTM.
bool has_layer_weight(const Graph& graph, const Node& node);

}  // namespace clipstill::exporter
