// The learnable scale of a contrastive loss, kept as a logarithm.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <limits>

namespace clipstill::nn {

/// exp(log_scale), at most `maximum`.
inline torch::Tensor clamped_scale(const torch::Tensor& log_scale, double maximum) {
  return torch::clamp_max(torch::exp(log_scale), maximum);
}

/// After an optimiser step: brings a log_scale whose scale is above `maximum` back to it, as OpenAI
/// does. Beyond, the clamp passes no gradient, and the scale would stay there for ever.
inline void clamp_log_scale(torch::Tensor& log_scale, double maximum) {
  const torch::NoGradGuard no_grad;
  const auto is_above = [&](const torch::Tensor& log) {
    return (torch::exp(log) > maximum).item<bool>();
  };
  if (!is_above(log_scale)) return;
  auto bound = torch::full_like(log_scale, std::log(maximum));
  const auto down = torch::full_like(bound, -std::numeric_limits<double>::infinity());
  while (is_above(bound)) bound = torch::nextafter(bound, down);  // the logarithm was rounded up
  log_scale.copy_(bound);
}

}  // namespace clipstill::nn
