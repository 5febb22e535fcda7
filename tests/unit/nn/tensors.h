// Tensors as plain numbers, and random values that do not come from libtorch.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "core/random.h"
#include "reference.h"

namespace clipstill::nn {

inline Vector values(const torch::Tensor& tensor) {
  const auto flat = tensor.detach().to(torch::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

/// One row for each index of the first dimension, the others flattened.
inline Matrix matrix(const torch::Tensor& tensor) {
  Matrix rows;
  for (int64_t i = 0; i < tensor.size(0); ++i) rows.push_back(values(tensor[i]));
  return rows;
}

/// Parameters and statistics as the reference layers want them.
inline Weights weights_of(const torch::nn::Module& module) {
  Weights weights;
  const auto keep = [&](const std::string& name, const torch::Tensor& tensor) {
    if (tensor.dim() > 0)
      weights[name] = tensor.dim() > 1 ? matrix(tensor) : Matrix{values(tensor)};
  };
  for (const auto& item : module.named_parameters()) keep(item.key(), item.value());
  for (const auto& item : module.named_buffers()) keep(item.key(), item.value());
  return weights;
}

inline double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

inline void fill_normal(torch::Tensor tensor, Rng& rng, double deviation) {
  torch::NoGradGuard no_grad;
  auto numbers = torch::empty(tensor.sizes(), torch::kDouble);
  double* number = numbers.data_ptr<double>();
  for (int64_t i = 0; i < numbers.numel(); ++i) number[i] = deviation * rng.normal();
  tensor.copy_(numbers);
}

/// Standard normal, double.
inline torch::Tensor normal(at::IntArrayRef sizes, uint64_t seed) {
  auto tensor = torch::empty(sizes, torch::kDouble);
  Rng rng(seed);
  fill_normal(tensor, rng, 1.0);
  return tensor;
}

/// Gives every parameter and batch statistic a value that no initialiser gives.
inline void randomise(torch::nn::Module& module, uint64_t seed) {
  torch::NoGradGuard no_grad;
  Rng rng(seed);
  for (auto& parameter : module.parameters()) fill_normal(parameter, rng, 0.5);
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.key().ends_with("running_mean")) fill_normal(buffer.value(), rng, 0.5);
    if (buffer.key().ends_with("running_var")) {
      fill_normal(buffer.value(), rng, 1.0);
      buffer.value().square_().add_(0.3);
    }
  }
}

/// Names of the parameters that a random combination of `output` does not move.
inline std::vector<std::string> parameters_without_gradient(torch::nn::Module& module,
                                                            const torch::Tensor& output) {
  (output * normal(output.sizes(), /*seed=*/99)).sum().backward();
  std::vector<std::string> names;
  for (const auto& parameter : module.named_parameters()) {
    const auto& gradient = parameter.value().grad();
    if (!gradient.defined() || gradient.abs().max().item<double>() < 1e-9) {
      names.push_back(parameter.key());
    }
  }
  return names;
}

}  // namespace clipstill::nn
