// An ONNX graph as data: what GraphBuilder makes and onnx_file.h writes.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace clipstill::exporter {

/// The name of a tensor in the graph. Empty: an optional input that is left out.
using Value = std::string;
using Ints = std::vector<int64_t>;

/// A fixed extent, or the name of one that is known only when the graph runs ("batch").
using Dim = std::variant<int64_t, std::string>;

struct Attribute {
  std::string name;
  std::variant<int64_t, float, std::string, Ints> value;
};

struct Node {
  std::string name, op;
  std::vector<Value> inputs, outputs;
  std::vector<Attribute> attributes;
};

/// An input or output of the graph.
struct Port {
  std::string name, doc;
  torch::Dtype type = torch::kFloat;
  std::vector<Dim> shape;
};

/// A constant tensor, contiguous and on the CPU.
struct Initializer {
  std::string name;
  torch::Tensor value;
};

struct Graph {
  std::string name, doc;
  std::vector<Port> inputs, outputs;
  std::vector<Node> nodes;  // every node after those whose outputs it reads
  std::vector<Initializer> initializers;
  std::map<std::string, std::string> metadata;
  /// The initializers that are weights of the model rather than constants of its arithmetic.
  std::set<std::string> parameters = {};
};

}  // namespace clipstill::exporter
