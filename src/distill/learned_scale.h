// The logit scale that a loss learns for itself. It is kept as a logarithm and exponentiated here
// (CLIP-KD's published code forgets to).
#pragma once

#include <torch/torch.h>

#include <cmath>

namespace clipstill::distill {

/// Where the logarithm starts: log(1 / 0.07), as CLIP's own.
inline torch::Tensor initial_log_scale() {
  return torch::tensor(static_cast<float>(std::log(1 / 0.07)));
}

/// exp(log_scale), at most 100 as CLIP's own.
inline torch::Tensor learned_scale(const torch::Tensor& log_scale) {
  return torch::clamp_max(torch::exp(log_scale), 100.0);
}

}  // namespace clipstill::distill
