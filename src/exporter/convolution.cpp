#include "exporter/convolution.h"

namespace clipstill::exporter {
namespace {

// Fp64 until the branches are summed.
Kernel fold_batch_norm(const torch::Tensor& weight, const Weights& bn) {
  const auto read = [&](const char* name) { return bn.tensor(name).to(torch::kDouble); };
  const auto factor = read("weight") / torch::sqrt(read("running_var") + bn.epsilon());  // [out]
  return {weight.to(torch::kDouble) * factor.view({-1, 1, 1, 1}),
          read("bias") - read("running_mean") * factor};
}

Kernel rounded(const Kernel& kernel) {
  return {kernel.weight.to(torch::kFloat), kernel.bias.to(torch::kFloat)};
}

}  // namespace

Kernel folded_conv_bn(const Weights& layer) {
  return rounded(fold_batch_norm(layer.at("conv").tensor("weight"), layer.at("bn")));
}

Kernel folded_rep_conv(const Weights& layer) {
  const auto main = layer.at("main");
  const auto main_weight = main.at("conv").tensor("weight");  // [out, in / groups, k, k]
  const int64_t pad = main_weight.size(2) / 2;
  auto sum = fold_batch_norm(main_weight, main.at("bn"));
  const auto add_branch = [&](const Kernel& branch) {  // 1 x 1, in the middle of the k x k
    sum.weight = sum.weight + torch::constant_pad_nd(branch.weight, {pad, pad, pad, pad});
    sum.bias = sum.bias + branch.bias;
  };
  if (layer.has("point")) {
    const auto point = layer.at("point");
    add_branch(fold_batch_norm(point.at("conv").tensor("weight"), point.at("bn")));
  }
  if (layer.has("identity")) {
    const int64_t out = main_weight.size(0), per_group = main_weight.size(1);
    auto unit = torch::zeros({out, per_group, 1, 1});
    const auto channel = torch::arange(out);
    unit.index_put_({channel, channel.remainder(per_group), 0, 0}, 1.0);
    add_branch(fold_batch_norm(unit, layer.at("identity")));
  }
  return rounded(sum);
}

Value convolve(GraphBuilder& graph, const std::string& where, const Value& x, const Kernel& kernel,
               const ConvolutionShape& shape) {
  const int64_t edge = kernel.weight.size(2);
  std::vector<Value> inputs{x, graph.weight(where + ".weight", kernel.weight)};
  if (kernel.bias.defined()) inputs.push_back(graph.weight(where + ".bias", kernel.bias));
  return graph.add("Conv", inputs, where,
                   {{"kernel_shape", Ints{edge, edge}},
                    {"strides", Ints{shape.stride, shape.stride}},
                    {"pads", Ints(4, shape.padding)},
                    {"group", shape.groups}});
}

Value conv_bn(GraphBuilder& graph, const Weights& layer, const Value& x, int64_t stride) {
  const auto kernel = folded_conv_bn(layer);
  return convolve(graph, layer.path(), x, kernel,
                  {.stride = stride, .padding = kernel.weight.size(2) / 2});
}

Value average_pool(GraphBuilder& graph, const std::string& where, const Value& x, int64_t edge) {
  return graph.add("AveragePool", {x}, where,
                   {{"kernel_shape", Ints{edge, edge}}, {"strides", Ints{edge, edge}}});
}

Value positions_as_tokens(GraphBuilder& graph, const std::string& where, const Value& x,
                          int64_t channels) {
  const auto flat = graph.add("Reshape", {x, graph.integers({0, channels, -1})}, where);
  return graph.add("Transpose", {flat}, where, {{"perm", Ints{0, 2, 1}}});
}

Value average_over_positions(GraphBuilder& graph, const std::string& where, const Value& x) {
  return graph.add("Flatten", {graph.add("GlobalAveragePool", {x}, where)}, where, {{"axis", 1}});
}

}  // namespace clipstill::exporter
