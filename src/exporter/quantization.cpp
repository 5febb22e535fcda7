#include "exporter/quantization.h"

#include <algorithm>
#include <cmath>

namespace clipstill::exporter {
namespace {

constexpr float kLeastScale = 1e-20f;     // of weights that are all 0
constexpr double kMostBias = 1073741824;  // 2^30 of the 2^31 steps of an int32

}  // namespace

torch::Tensor rounded(const torch::Tensor& x) {
  const auto whole = x.round();
  // Both differences are exact, so that the sum is `whole` to the bit.
  return x.requires_grad() ? x + (whole - x).detach() : whole;
}

torch::Tensor stored(const torch::Tensor& steps, torch::Dtype type) {
  return steps.requires_grad() ? steps : steps.to(type);
}

ActivationScale activation_scale(const Range& range) {
  const float low = std::min(range.low, 0.0f), high = std::max(range.high, 0.0f);
  const float scale = (high - low) / 255.0f;
  if (!(scale > 0)) return {};  // a value that is always 0
  return {scale, static_cast<uint8_t>(std::clamp(std::nearbyint(-low / scale), 0.0f, 255.0f))};
}

QuantizedWeight quantize_weight(const torch::Tensor& weight, int64_t axis, int64_t steps,
                                const torch::Tensor& least_scales) {
  std::vector<int64_t> others;  // all axes but the one
  std::vector<int64_t> along(static_cast<size_t>(weight.dim()), 1);
  for (int64_t i = 0; i < weight.dim(); ++i) {
    if (i != axis) others.push_back(i);
  }
  along[static_cast<size_t>(axis)] = -1;
  auto scales = weight.detach().abs().amax(others) / static_cast<double>(steps);
  if (least_scales.defined()) scales = torch::maximum(scales, least_scales.detach());
  scales = scales.clamp_min(kLeastScale);
  const auto values = rounded(weight / scales.view(along)).clamp(-steps, steps);
  return {stored(values, torch::kChar).contiguous(), scales.contiguous()};
}

torch::Tensor least_weight_scales(const torch::Tensor& bias, float activation_scale) {
  return (bias.abs().to(torch::kDouble) / (kMostBias * activation_scale)).to(torch::kFloat);
}

torch::Tensor quantize_bias(const torch::Tensor& bias, const torch::Tensor& scales) {
  return stored(rounded(bias.to(torch::kDouble) / scales.to(torch::kDouble)), torch::kInt);
}

}  // namespace clipstill::exporter
