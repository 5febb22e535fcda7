// Builds a graph node by node, keeping names unique and constants shared.
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/graph.h"

namespace clipstill::exporter {

class GraphBuilder {
 public:
  GraphBuilder(std::string name, std::string doc);

  Value input(Port port);
  /// Gives `value`, the result of a node, the port's name and ends the graph there.
  void output(const Value& value, Port port);

  /// A node with one result. `where` says which part of the model it belongs to: the node is
  /// called "<where>/<op>", with a number after it where that name is taken.
  Value add(const std::string& op, std::vector<Value> inputs, const std::string& where,
            std::vector<Attribute> attributes = {});
  /// A node with several results. Those that nobody reads are left out of the graph.
  std::vector<Value> add_many(size_t outputs, const std::string& op, std::vector<Value> inputs,
                              const std::string& where, std::vector<Attribute> attributes = {});

  /// A weight. A second one of the same name is a bug of the exporter (kInternal).
  Value weight(const std::string& name, const torch::Tensor& value);
  /// Constants, which no training moves; those of one name are equal and stored once.
  Value scalar(float value);
  Value integers(const Ints& values);
  Value constant(const std::string& name, const torch::Tensor& value);

  void metadata(const std::string& key, const std::string& value);
  Graph finish() &&;

 private:
  std::string unique(const std::string& name);
  void store(const std::string& name, const torch::Tensor& value);

  Graph graph_;
  std::set<std::string> names_;      // of values; a node is called as its first result
  std::set<std::string> constants_;  // those of names_ that may be asked for again
};

}  // namespace clipstill::exporter
