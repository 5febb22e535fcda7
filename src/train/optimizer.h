// AdamW (Loshchilov and Hutter 2019) with its state in plain tensors, so that checkpoints hold
// all of it on every libtorch, and the learning-rate schedule as a function of the step.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "train/config.h"

namespace clipstill::train {

/// Linear warm-up to `lr`, then a cosine to `min_lr` at the last step.
double learning_rate(const LoopOptions& options, int64_t step);

class AdamW {
 public:
  /// Weight decay applies to matrices and filters, not to tensors of fewer than two dimensions.
  AdamW(std::vector<std::pair<std::string, torch::Tensor>> parameters, const LoopOptions& options);

  /// One update with the gradients at hand; `step` counts from 0. Returns the gradient norm
  /// before clipping.
  double step(int64_t step);
  void zero_grad();

  /// Moments by parameter name: "<name>.m", "<name>.v". The tensors are the live ones.
  std::map<std::string, torch::Tensor> state() const;

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter, m, v;
    double decay = 0;
  };
  std::vector<Slot> slots_;
  LoopOptions options_;
};

}  // namespace clipstill::train
