// The ONNX operators that the exporter writes, on tensors of libtorch.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "exporter/graph.h"

namespace clipstill::exporter {

using Arguments = std::vector<torch::Tensor>;  // an undefined tensor is an input that is left out
using Operator = std::vector<torch::Tensor> (*)(const Node&, const Arguments&);

/// kInternal naming the node if its operator is none of those in operators.cpp.
Operator find_operator(const Node& node);

/// Attributes of a node; `fallback` is what ONNX takes where there is none.
int64_t integer(const Node& node, const std::string& name, int64_t fallback);
float number(const Node& node, const std::string& name, float fallback);
std::string keyword(const Node& node, const std::string& name, const std::string& fallback);
Ints integers(const Node& node, const std::string& name, const Ints& fallback);

/// round(x / scale) + zero point, ties to even, held within the type of the zero point; floats
/// where x requires gradients (exporter/quantization.h).
torch::Tensor quantize(const torch::Tensor& x, const torch::Tensor& scale,
                       const torch::Tensor& zero_point);
/// (x - zero point) x scale; scale and zero point have one element, or those of the axis. An
/// undefined zero point is 0.
torch::Tensor dequantize(const torch::Tensor& x, const torch::Tensor& scale,
                         const torch::Tensor& zero_point, int64_t axis);

/// ONNX LSTM: x [L, B, in], weights [D, 4H, in], [D, 4H, H], bias [D, 8H], lengths [B] ->
/// states [L, D, B, H] and the last of each sequence [D, B, H].
std::vector<torch::Tensor> run_lstm(const Node& node, const Arguments& arguments);

}  // namespace clipstill::exporter
