#include "exporter/evaluator.h"

#include <set>

#include "core/error.h"
#include "exporter/operators.h"

namespace clipstill::exporter {

Evaluator::Evaluator(Graph graph) : graph_(std::move(graph)) {
  std::set<Value> known;
  for (const auto& [name, value] : graph_.initializers) {
    constants_[name] = value;
    known.insert(name);
  }
  for (const auto& port : graph_.inputs) known.insert(port.name);
  for (const auto& node : graph_.nodes) {
    find_operator(node);
    for (const auto& value : node.inputs) {
      if (value.empty() || known.contains(value)) continue;
      fail(ErrorCode::kInternal, "{}: node \"{}\" reads \"{}\", which nothing before it gives",
           graph_.name, node.name, value);
    }
    known.insert(node.outputs.begin(), node.outputs.end());
  }

  std::set<Value> read_later;
  for (const auto& port : graph_.outputs) read_later.insert(port.name);
  last_read_.resize(graph_.nodes.size());
  for (size_t i = graph_.nodes.size(); i-- > 0;) {
    const auto& node = graph_.nodes[i];
    for (const auto* values : {&node.inputs, &node.outputs}) {
      for (const auto& value : *values) {
        if (read_later.insert(value).second) last_read_[i].push_back(value);
      }
    }
  }
}

std::vector<torch::Tensor> Evaluator::run(const Tensors& inputs, const Observer& observer) const {
  Tensors values;  // what is still to be read
  for (const auto& port : graph_.inputs) {
    const auto found = inputs.find(port.name);
    if (found == inputs.end()) {
      fail(ErrorCode::kUsage, "{}: its input \"{}\" was not given", graph_.name, port.name);
    }
    values[port.name] = found->second;
  }
  const auto read = [&](const Value& name) -> torch::Tensor {
    if (name.empty()) return {};
    const auto constant = constants_.find(name);
    return constant != constants_.end() ? constant->second : values.at(name);
  };
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const auto& node = graph_.nodes[i];
    std::vector<torch::Tensor> arguments;
    for (const auto& name : node.inputs) arguments.push_back(read(name));
    const auto results = find_operator(node)(node, arguments);
    for (size_t k = 0; k < node.outputs.size(); ++k) {
      if (node.outputs[k].empty()) continue;
      values[node.outputs[k]] = results.at(k);
      if (observer) observer(node.outputs[k], results[k]);
    }
    for (const auto& name : last_read_[i]) values.erase(name);
  }
  std::vector<torch::Tensor> outputs;
  for (const auto& port : graph_.outputs) outputs.push_back(read(port.name));
  return outputs;
}

torch::Tensor run_all(const Evaluator& evaluator, const std::vector<Tensors>& batches) {
  std::vector<torch::Tensor> parts;
  for (const auto& batch : batches) parts.push_back(evaluator.run(batch).at(0));
  return torch::cat(parts, 0);
}

}  // namespace clipstill::exporter
