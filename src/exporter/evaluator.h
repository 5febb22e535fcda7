// Runs a graph with libtorch: what calibration looks into, and what a quantised graph should give
// before ONNX Runtime has seen it. Where initializers require gradients, so do the results.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "exporter/graph.h"

namespace clipstill::exporter {

using Tensors = std::map<Value, torch::Tensor>;

class Evaluator {
 public:
  /// Keeps a copy of the graph; its weights are shared. kInternal naming the node whose operator
  /// exporter/operators.cpp lacks, or that reads what nothing before it gives.
  explicit Evaluator(Graph graph);

  /// Sees each value as a node gives it, in the order of the nodes.
  using Observer = std::function<void(const Value& name, const torch::Tensor& value)>;

  /// The outputs of the graph, in its order. kUsage naming an input that is missing.
  std::vector<torch::Tensor> run(const Tensors& inputs, const Observer& observer = {}) const;

  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
  Tensors constants_;
  std::vector<std::vector<Value>> last_read_;  // [node]: values that no later node reads
};

/// The only output of a graph for a list of inputs (one map a batch), along the first axis.
torch::Tensor run_all(const Evaluator& evaluator, const std::vector<Tensors>& batches);

}  // namespace clipstill::exporter
