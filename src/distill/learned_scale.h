// The logit scale that a loss learns for itself. It is kept as a logarithm and exponentiated
// (CLIP-KD's published code forgets to).
#pragma once

#include <torch/torch.h>

#include <cmath>

#include "nn/logit_scale.h"

namespace clipstill::distill {

/// Where the logarithm starts: log(1 / 0.07), as CLIP's own.
inline torch::Tensor initial_log_scale() {
  return torch::tensor(static_cast<float>(std::log(1 / 0.07)));
}

/// The scale is at most this, as CLIP's own.
inline constexpr double kMaxLearnedScale = 100;

inline torch::Tensor learned_scale(const torch::Tensor& log_scale) {
  return nn::clamped_scale(log_scale, kMaxLearnedScale);
}

}  // namespace clipstill::distill
