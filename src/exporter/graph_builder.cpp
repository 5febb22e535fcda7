#include "exporter/graph_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"

namespace clipstill::exporter {

GraphBuilder::GraphBuilder(std::string name, std::string doc) {
  graph_.name = std::move(name);
  graph_.doc = std::move(doc);
}

Value GraphBuilder::input(Port port) {
  const auto name = unique(port.name);
  graph_.inputs.push_back(std::move(port));
  return name;
}

void GraphBuilder::output(const Value& value, Port port) {
  const auto name = unique(port.name);
  bool found = false;
  for (auto& node : graph_.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), value, name);
    for (auto& result : node.outputs) {
      if (result != value) continue;
      result = name;
      found = true;
    }
  }
  if (!found) fail(ErrorCode::kInternal, "{}: no node gives \"{}\"", graph_.name, value);
  graph_.outputs.push_back(std::move(port));
}

Value GraphBuilder::add(const std::string& op, std::vector<Value> inputs, const std::string& where,
                        std::vector<Attribute> attributes) {
  return add_many(1, op, std::move(inputs), where, std::move(attributes)).front();
}

std::vector<Value> GraphBuilder::add_many(size_t outputs, const std::string& op,
                                          std::vector<Value> inputs, const std::string& where,
                                          std::vector<Attribute> attributes) {
  for (const auto& value : inputs) {
    if (!value.empty() && !names_.contains(value)) {
      fail(ErrorCode::kInternal, "{}/{} reads \"{}\", which nothing before it gives", where, op,
           value);
    }
  }
  Node node{unique(where + "/" + op), op, std::move(inputs), {}, std::move(attributes)};
  node.outputs.push_back(node.name);
  for (size_t i = 1; i < outputs; ++i) {
    node.outputs.push_back(unique(fmt::format("{}:{}", node.name, i)));
  }
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().outputs;
}

Value GraphBuilder::weight(const std::string& name, const torch::Tensor& value) {
  store(name, value);
  graph_.parameters.insert(name);
  return name;
}

Value GraphBuilder::scalar(float value) {
  return constant(fmt::format("constant/{}", value), torch::tensor(value));
}

Value GraphBuilder::integers(const Ints& values) {
  return constant(fmt::format("constant/[{}]", fmt::join(values, ",")),
                  torch::tensor(values, torch::kLong));
}

void GraphBuilder::metadata(const std::string& key, const std::string& value) {
  graph_.metadata[key] = value;
}

Graph GraphBuilder::finish() && {
  std::set<Value> read;
  for (const auto& port : graph_.outputs) read.insert(port.name);
  for (const auto& node : graph_.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  for (auto& node : graph_.nodes) {
    if (node.outputs.size() == 1) continue;
    for (auto& result : node.outputs) {
      if (!read.contains(result)) result.clear();
    }
  }
  return std::move(graph_);
}

std::string GraphBuilder::unique(const std::string& name) {
  std::string result = name;
  for (int n = 2; !names_.insert(result).second; ++n) result = fmt::format("{}_{}", name, n);
  return result;
}

Value GraphBuilder::constant(const std::string& name, const torch::Tensor& value) {
  if (constants_.insert(name).second) store(name, value);
  return name;
}

void GraphBuilder::store(const std::string& name, const torch::Tensor& value) {
  if (!names_.insert(name).second) {
    fail(ErrorCode::kInternal, "{}: the weight \"{}\" was added twice", graph_.name, name);
  }
  graph_.initializers.push_back({name, value.detach().cpu().contiguous()});
}

}  // namespace clipstill::exporter
