#include "exporter/quantizer.h"

#include <algorithm>

#include "core/error.h"
#include "exporter/int8_plan.h"
#include "exporter/onnx_file.h"

namespace clipstill::exporter {
namespace {

// Writes the graph anew, node by node.
class Quantizer {
 public:
  Quantizer(const Graph& graph, const Ranges& ranges, const QuantizerOptions& options)
      : graph_(graph),
        ranges_(ranges),
        plan_(graph, options.fp32_layers),
        steps_(options.reduce_range ? kReducedRange : kFullRange) {
    for (const auto& [name, value] : graph.initializers) weights_[name] = value;
  }

  Graph run() {
    out_ = {graph_.name, graph_.doc, graph_.inputs, graph_.outputs, {}, {}, graph_.metadata};
    for (const auto& port : graph_.inputs) store_as_int8(port.name);
    for (const auto& node : graph_.nodes) {
      if (plan_.is_folded(node)) continue;
      if (plan_.is_int8(node) && node.op == "Gather") {
        gather_rows(node);
        continue;
      }
      auto copy = node;
      for (auto& value : copy.inputs) {
        if (plan_.reads_int8(node, value)) value = dequantized_name(value);
      }
      if (plan_.is_int8(node) && (node.op == "Conv" || node.op == "MatMul")) {
        use_int8_weights(node, copy);
      } else if (plan_.is_int8(node) && node.op == "LSTM") {
        for (const size_t index : {1, 2}) copy.inputs[index] = lstm_weight(node.inputs[index]);
      }
      copy.outputs[0] = plan_.result(node);
      out_.nodes.push_back(copy);
      for (const auto& value : copy.outputs) store_as_int8(value);
    }
    keep_weights_that_are_read();
    return std::move(out_);
  }

 private:
  static std::string dequantized_name(const Value& value) { return value + "/DequantizeLinear"; }

  ActivationScale scale_of(const Value& value) const {
    const auto found = ranges_.find(value);
    if (found == ranges_.end()) {
      fail(ErrorCode::kInternal, "{}: \"{}\" was not calibrated", graph_.name, value);
    }
    return activation_scale(found->second);
  }

  Value constant(const std::string& name, const torch::Tensor& value) {
    out_.initializers.push_back({name, value});
    return name;
  }

  void add(const std::string& op, const Value& output, std::vector<Value> inputs,
           std::vector<Attribute> attributes = {}) {
    out_.nodes.push_back({output, op, std::move(inputs), {output}, std::move(attributes)});
  }

  // QuantizeLinear and DequantizeLinear behind a value that the plan stores as int8.
  void store_as_int8(const Value& value) {
    if (!plan_.values().contains(value)) return;
    const auto [scale, zero_point] = scale_of(value);
    const auto s = constant(value + "/scale", torch::tensor(scale));
    const auto z = constant(value + "/zero_point", torch::tensor(zero_point, torch::kByte));
    add("QuantizeLinear", value + "/QuantizeLinear", {value, s, z});
    add("DequantizeLinear", dequantized_name(value), {value + "/QuantizeLinear", s, z});
  }

  void use_int8_weights(const Node& node, Node& copy) {
    const float input_scale = scale_of(node.inputs[0]).scale;
    const int64_t axis = node.op == "Conv" ? 0 : 1;  // of the output channels
    const bool has_bias = node.inputs.size() > 2;
    const auto bias = has_bias ? weights_.at(node.inputs[2]) : torch::Tensor();
    const auto [values, scales] =
        quantize_weight(weights_.at(node.inputs[1]), axis, steps_,
                        has_bias ? least_weight_scales(bias, input_scale) : torch::Tensor());
    copy.inputs[1] = dequantized_weight(node.inputs[1], values, scales, axis);
    if (!has_bias) return;
    const auto bias_scales = (scales * input_scale).contiguous();
    const auto& name = node.inputs[2];
    add("DequantizeLinear", dequantized_name(name),
        {constant(name + "/int32", quantize_bias(bias, bias_scales)),
         constant(name + "/scale", bias_scales)},
        {{"axis", 0}});
    copy.inputs[2] = dequantized_name(name);
  }

  Value dequantized_weight(const Value& name, const torch::Tensor& values,
                           const torch::Tensor& scales, int64_t axis) {
    add("DequantizeLinear", dequantized_name(name),
        {constant(name + "/int8", values), constant(name + "/scale", scales),
         constant(name + "/zero_point", torch::zeros_like(scales, torch::kChar))},
        {{"axis", axis}});
    return dequantized_name(name);
  }

  // weight [D, 4H, in] of an LSTM -> the same, made fp32 again by nodes that a runtime folds
  Value lstm_weight(const Value& name) {
    const auto& weight = weights_.at(name);
    const auto rows = quantize_weight(weight.flatten(0, 1), 0, kFullRange);
    const auto numbers = name + "/Cast", product = name + "/Mul";
    add("Cast", numbers, {constant(name + "/int8", rows.values.view(weight.sizes()))},
        {{"to", onnx_type(torch::kFloat)}});
    add("Mul", product,
        {numbers,
         constant(name + "/scale", rows.scales.view({weight.size(0), weight.size(1), 1}))});
    return product;
  }

  // table [V, W] and ids [..] -> rows [.., W] in fp32
  void gather_rows(const Node& node) {
    const auto& table = node.inputs[0];
    const auto [values, scales] = quantize_weight(weights_.at(table), 0, kFullRange);
    const auto rows = node.name + "/int8", numbers = node.name + "/Cast";
    const auto row_scales = node.name + "/scales";
    add("Gather", rows, {constant(table + "/int8", values), node.inputs[1]}, {{"axis", 0}});
    add("Cast", numbers, {rows}, {{"to", onnx_type(torch::kFloat)}});
    add("Gather", row_scales, {constant(table + "/scale", scales.unsqueeze(1)), node.inputs[1]},
        {{"axis", 0}});
    add("Mul", node.outputs[0], {numbers, row_scales});
    store_as_int8(node.outputs[0]);
  }

  void keep_weights_that_are_read() {
    std::set<Value> read;
    for (const auto& node : out_.nodes) read.insert(node.inputs.begin(), node.inputs.end());
    for (const auto& initializer : graph_.initializers) {
      if (read.contains(initializer.name)) out_.initializers.push_back(initializer);
    }
  }

  const Graph& graph_;
  const Ranges& ranges_;
  const Int8Plan plan_;
  const int64_t steps_;
  std::map<Value, torch::Tensor> weights_;
  Graph out_;
};

}  // namespace

std::vector<std::string> quantizable_layers(const Graph& graph) {
  std::vector<std::string> layers;
  for (const auto& node : graph.nodes) {
    if (has_layer_weight(graph, node)) layers.push_back(node.name);
  }
  return layers;
}

std::vector<Value> quantized_values(const Graph& graph) {
  const Int8Plan plan(graph, {});
  return {plan.values().begin(), plan.values().end()};
}

Graph quantized(const Graph& graph, const Ranges& ranges, const QuantizerOptions& options) {
  const auto layers = quantizable_layers(graph);
  for (const auto& name : options.fp32_layers) {
    if (std::ranges::find(layers, name) != layers.end()) continue;
    fail(ErrorCode::kInternal, "{}: it has no layer \"{}\" to leave in fp32", graph.name, name);
  }
  return Quantizer(graph, ranges, options).run();
}

uint64_t weight_bytes(const Graph& graph) {
  uint64_t bytes = 0;
  for (const auto& initializer : graph.initializers) bytes += initializer.value.nbytes();
  return bytes;
}

}  // namespace clipstill::exporter
