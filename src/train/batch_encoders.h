// What makes embeddings of one batch: a model itself, or graphs made of it.
#pragma once

#include <torch/torch.h>

#include <functional>

namespace clipstill::train {

/// Embeddings [N, D].
struct BatchEncoders {
  std::function<torch::Tensor(const torch::Tensor& pixels)> images;  // [N, 3, S, S]
  /// ids [N, L] int64, mask [N, L] bool
  std::function<torch::Tensor(const torch::Tensor& ids, const torch::Tensor& mask)> texts;
};

}  // namespace clipstill::train
