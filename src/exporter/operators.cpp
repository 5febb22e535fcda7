// Semantics are those of opset 17 (github.com/onnx/onnx/blob/main/docs/Operators.md), as far as the
// exporter uses them: pads are the same on both sides, pooling has none.
#include "exporter/operators.h"

#include <map>

#include "core/error.h"
#include "exporter/onnx_file.h"
#include "exporter/quantization.h"

namespace clipstill::exporter {
namespace {

template <class T>
T attribute(const Node& node, const std::string& name, const T& fallback) {
  for (const auto& item : node.attributes) {
    if (item.name == name) return std::get<T>(item.value);
  }
  return fallback;
}

Ints to_ints(const torch::Tensor& tensor) {
  const auto flat = tensor.to(torch::kLong).contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

// 0 keeps an extent of `x`.
Ints resolved(Ints shape, const torch::Tensor& x) {
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) shape[i] = x.size(static_cast<int64_t>(i));
  }
  return shape;
}

torch::Dtype element_type(const Node& node) {
  const int64_t code = integer(node, "to", onnx_type(torch::kFloat));
  for (const auto type : {torch::kFloat, torch::kInt, torch::kLong}) {
    if (onnx_type(type) == code) return type;
  }
  fail(ErrorCode::kInternal, "node \"{}\" casts to the type {}", node.name, code);
}

torch::Tensor conv(const Node& node, const Arguments& a) {
  const auto pads = integers(node, "pads", {0, 0, 0, 0});
  return torch::conv2d(a[0], a[1], a.size() > 2 ? a[2] : torch::Tensor(),
                       integers(node, "strides", {1, 1}), torch::IntArrayRef(pads).slice(0, 2),
                       /*dilation=*/1, integer(node, "group", 1));
}

torch::Tensor gather(const Node& node, const Arguments& a) {
  const int64_t axis = integer(node, "axis", 0);
  auto shape = a[0].sizes().vec();
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, a[1].sizes().begin(), a[1].sizes().end());
  return a[0].index_select(axis, a[1].flatten()).view(shape);
}

// Of batch_dims = 1: one index of the second axis for each row of the first.
torch::Tensor gather_nd(const Node&, const Arguments& a) {
  return a[0].index({torch::arange(a[0].size(0)), a[1].squeeze(1)});
}

// Of constants, with the pads of all axes: those before each, then those after.
torch::Tensor pad(const Node&, const Arguments& a) {
  const auto pads = to_ints(a[1]);
  const auto axes = static_cast<size_t>(a[0].dim());
  Ints last_first;
  for (size_t axis = axes; axis-- > 0;) {
    last_first.insert(last_first.end(), {pads[axis], pads[axes + axis]});
  }
  return torch::constant_pad_nd(a[0], last_first, a[2].item());
}

torch::Tensor slice(const Node&, const Arguments& a) {
  const auto starts = to_ints(a[1]), ends = to_ints(a[2]), axes = to_ints(a[3]);
  auto x = a[0];
  for (size_t i = 0; i < axes.size(); ++i) x = x.slice(axes[i], starts[i], ends[i]);
  return x;
}

torch::Tensor squeeze(const Node&, const Arguments& a) {
  auto x = a[0];
  const auto axes = to_ints(a[1]);  // ascending
  for (size_t i = axes.size(); i-- > 0;) x = x.squeeze(axes[i]);
  return x;
}

torch::Tensor unsqueeze(const Node&, const Arguments& a) {
  auto x = a[0];
  for (const int64_t axis : to_ints(a[1])) x = x.unsqueeze(axis);
  return x;
}

torch::Tensor shape(const Node& node, const Arguments& a) {
  const int64_t begin = integer(node, "start", 0), end = integer(node, "end", a[0].dim());
  const auto sizes =
      a[0].sizes().slice(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  return torch::tensor(sizes, torch::kLong);
}

torch::Tensor layer_normalization(const Node& node, const Arguments& a) {
  return torch::layer_norm(a[0], a[1].sizes(), a[1], a[2], number(node, "epsilon", 1e-5f));
}

torch::Tensor reduce_l2(const Node& node, const Arguments& a) {
  return a[0].square().sum(integers(node, "axes", {-1}), integer(node, "keepdims", 1) != 0).sqrt();
}

// Most operators have one result.
template <torch::Tensor (*function)(const Node&, const Arguments&)>
std::vector<torch::Tensor> one(const Node& node, const Arguments& arguments) {
  return {function(node, arguments)};
}

#define CLIPSTILL_OPERATOR(expression)                                     \
  [](const Node& node, const Arguments& a) -> std::vector<torch::Tensor> { \
    static_cast<void>(node);                                               \
    return {expression};                                                   \
  }

// A new operator: one line.
const std::map<std::string, Operator> kOperators{
    {"Add", CLIPSTILL_OPERATOR(a[0] + a[1])},
    {"ArgMax",
     CLIPSTILL_OPERATOR(a[0].argmax(integer(node, "axis", 0), integer(node, "keepdims", 1) != 0))},
    {"AveragePool", CLIPSTILL_OPERATOR(torch::avg_pool2d(a[0], integers(node, "kernel_shape", {}),
                                                         integers(node, "strides", {1, 1})))},
    {"Cast", CLIPSTILL_OPERATOR(a[0].to(element_type(node)))},
    {"Concat", CLIPSTILL_OPERATOR(torch::cat(a, integer(node, "axis", 0)))},
    {"Conv", one<conv>},
    {"DequantizeLinear",
     CLIPSTILL_OPERATOR(
         dequantize(a[0], a[1], a.size() > 2 ? a[2] : torch::Tensor(), integer(node, "axis", 1)))},
    {"Div", CLIPSTILL_OPERATOR(a[0] / a[1])},
    {"Equal", CLIPSTILL_OPERATOR(a[0] == a[1])},
    {"Erf", CLIPSTILL_OPERATOR(a[0].erf())},
    {"Expand", CLIPSTILL_OPERATOR(a[0].expand(to_ints(a[1])))},
    {"Flatten", CLIPSTILL_OPERATOR(a[0].flatten(integer(node, "axis", 1)))},
    {"Gather", one<gather>},
    {"GatherND", one<gather_nd>},
    {"GlobalAveragePool", CLIPSTILL_OPERATOR(a[0].mean({2, 3}, /*keepdim=*/true))},
    {"LSTM", run_lstm},
    {"LayerNormalization", one<layer_normalization>},
    {"MatMul", CLIPSTILL_OPERATOR(torch::matmul(a[0], a[1]))},
    {"Max", CLIPSTILL_OPERATOR(torch::maximum(a[0], a[1]))},
    {"Mul", CLIPSTILL_OPERATOR(a[0] * a[1])},
    {"Pad", one<pad>},
    {"QuantizeLinear", CLIPSTILL_OPERATOR(quantize(a[0], a[1], a[2]))},
    {"ReduceL2", one<reduce_l2>},
    {"ReduceMax",
     CLIPSTILL_OPERATOR(a[0].amax(integers(node, "axes", {}), integer(node, "keepdims", 1) != 0))},
    {"ReduceSum", CLIPSTILL_OPERATOR(a[0].sum(to_ints(a[1]), integer(node, "keepdims", 1) != 0))},
    {"Relu", CLIPSTILL_OPERATOR(a[0].relu())},
    {"Reshape", CLIPSTILL_OPERATOR(a[0].reshape(resolved(to_ints(a[1]), a[0])))},
    {"Shape", one<shape>},
    {"Sigmoid", CLIPSTILL_OPERATOR(a[0].sigmoid())},
    {"Slice", one<slice>},
    {"Softmax", CLIPSTILL_OPERATOR(a[0].softmax(integer(node, "axis", -1)))},
    {"Squeeze", one<squeeze>},
    {"Sub", CLIPSTILL_OPERATOR(a[0] - a[1])},
    {"Tanh", CLIPSTILL_OPERATOR(a[0].tanh())},
    {"Transpose", CLIPSTILL_OPERATOR(a[0].permute(integers(node, "perm", {})))},
    {"Unsqueeze", one<unsqueeze>},
};
#undef CLIPSTILL_OPERATOR

}  // namespace

Operator find_operator(const Node& node) {
  const auto found = kOperators.find(node.op);
  if (found != kOperators.end()) return found->second;
  fail(ErrorCode::kInternal,
       "node \"{}\": the evaluator has no operator {}; add it to exporter/operators.cpp", node.name,
       node.op);
}

int64_t integer(const Node& node, const std::string& name, int64_t fallback) {
  return attribute(node, name, fallback);
}
float number(const Node& node, const std::string& name, float fallback) {
  return attribute(node, name, fallback);
}
std::string keyword(const Node& node, const std::string& name, const std::string& fallback) {
  return attribute(node, name, fallback);
}
Ints integers(const Node& node, const std::string& name, const Ints& fallback) {
  return attribute(node, name, fallback);
}

torch::Tensor quantize(const torch::Tensor& x, const torch::Tensor& scale,
                       const torch::Tensor& zero_point) {
  const bool is_signed = zero_point.scalar_type() == torch::kChar;
  const auto steps = rounded(x / scale)
                         .add(zero_point.to(torch::kFloat))
                         .clamp(is_signed ? -128 : 0, is_signed ? 127 : 255);
  return stored(steps, zero_point.scalar_type());
}

torch::Tensor dequantize(const torch::Tensor& x, const torch::Tensor& scale,
                         const torch::Tensor& zero_point, int64_t axis) {
  Ints along(static_cast<size_t>(x.dim()), 1);  // how scale and zero point lie beside x
  if (scale.numel() > 1) along[static_cast<size_t>(axis < 0 ? axis + x.dim() : axis)] = -1;
  const auto placed = [&](const torch::Tensor& values) {
    return scale.numel() > 1 ? values.view(along) : values;
  };
  // An int32 may have more digits than a float; a double holds all of them.
  const bool is_long = x.scalar_type() == torch::kInt || x.scalar_type() == torch::kDouble;
  auto value = x.to(is_long ? torch::kDouble : torch::kFloat);
  if (zero_point.defined()) value = value - placed(zero_point).to(torch::kFloat);
  return (value * placed(scale)).to(torch::kFloat);
}

std::vector<torch::Tensor> run_lstm(const Node& node, const Arguments& a) {
  const auto& x = a[0];
  const int64_t steps = x.size(0), hidden = integer(node, "hidden_size", 0);
  const int64_t directions = keyword(node, "direction", "forward") == "bidirectional" ? 2 : 1;
  const auto lengths = a[4].view({-1, 1});  // [B, 1]
  std::vector<torch::Tensor> all, last;     // of each direction
  for (int64_t d = 0; d < directions; ++d) {
    const auto bias = a[3][d].chunk(2, 0);
    const auto from_input = torch::matmul(x, a[1][d].t()) + bias[0] + bias[1];  // [L, B, 4H]
    auto h = torch::zeros({x.size(1), hidden}), c = h;
    std::vector<torch::Tensor> states(static_cast<size_t>(steps));
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t step = d == 0 ? i : steps - 1 - i;
      // The gates of ONNX: input, output, forget, cell.
      const auto gates = (from_input[step] + torch::matmul(h, a[2][d].t())).chunk(4, 1);
      const auto next_c = gates[2].sigmoid() * c + gates[0].sigmoid() * gates[3].tanh();
      const auto next_h = gates[1].sigmoid() * next_c.tanh();
      const auto inside = lengths > step;  // behind its end a sequence keeps its state
      c = torch::where(inside, next_c, c);
      h = torch::where(inside, next_h, h);
      states[static_cast<size_t>(step)] = torch::where(inside, h, torch::zeros_like(h));
    }
    all.push_back(torch::stack(states));
    last.push_back(h);
  }
  return {torch::stack(all, 1), torch::stack(last)};
}

}  // namespace clipstill::exporter
