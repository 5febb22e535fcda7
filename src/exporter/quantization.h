// Linear int8: the numbers of it, apart from any graph. A value x is stored as
// q = round(x / scale) + zero point.
//
// Where a value requires gradients, its steps stay whole floats (of bias: doubles) instead of
// becoming integers, and rounding passes the gradient on as if it were not there: the
// straight-through estimator (Bengio, Leonard and Courville 2013, arXiv 1308.3432). Beyond the ends
// of a range the gradient is 0, and scales are constants.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace clipstill::exporter {

/// What a value was seen to lie in. Ranges are widened to hold 0, which int8 must hit exactly:
/// padding is made of zeros.
struct Range {
  float low = 0, high = 0;
};

struct ActivationScale {
  float scale = 1;
  uint8_t zero_point = 0;
};

/// The nearest whole numbers, ties to even.
torch::Tensor rounded(const torch::Tensor& x);

/// Whole numbers as `type`; as they are where they require gradients, which integers have not.
torch::Tensor stored(const torch::Tensor& steps, torch::Dtype type);

/// uint8 with a zero point, so that all 256 steps lie in the range. With int8, ONNX Runtime 1.32
/// leaves convolutions behind a Relu in fp32 on x86-64.
ActivationScale activation_scale(const Range& range);

/// Weights of magnitude up to `kFullRange` steps, or to `kReducedRange`: then the sum of two
/// products with uint8 activations stays below 2^15, beyond which AVX2 and AVX-512 without VNNI
/// saturate (2 x 255 x 64 = 32,640).
constexpr int64_t kFullRange = 127, kReducedRange = 64;

/// Symmetric, with a scale for each index of one axis.
struct QuantizedWeight {
  torch::Tensor values;  // int8, the shape of the weight
  torch::Tensor scales;  // float [extent of the axis], above 0
};

/// `least_scales` [extent of the axis], if defined, are lower bounds of the scales.
QuantizedWeight quantize_weight(const torch::Tensor& weight, int64_t axis, int64_t steps,
                                const torch::Tensor& least_scales = {});

/// The smallest scales of a weight with which bias / (scale x activation scale) fits into int32
/// with room for the sums that are added to it: tiny weights beside a great bias.
torch::Tensor least_weight_scales(const torch::Tensor& bias, float activation_scale);

/// round(bias / scales) as int32; `scales` [C] are those of activations times weights.
torch::Tensor quantize_bias(const torch::Tensor& bias, const torch::Tensor& scales);

}  // namespace clipstill::exporter
