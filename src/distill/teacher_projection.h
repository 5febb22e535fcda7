// Student embeddings [N, D] in the teacher's space [N, Dt]: a learned linear map where the widths
// differ, the identity where they agree.
#pragma once

#include <torch/torch.h>

#include "distill/loss.h"

namespace clipstill::distill {

class TeacherProjectionImpl : public torch::nn::Module {
 public:
  explicit TeacherProjectionImpl(const LossContext& context) {
    if (context.student_dim == context.teacher_dim) return;
    linear_ = register_module(
        "linear",
        torch::nn::Linear(
            torch::nn::LinearOptions(context.student_dim, context.teacher_dim).bias(false)));
  }

  /// L2-normalised [N, Dt].
  torch::Tensor forward(const torch::Tensor& x) {
    if (!linear_) return x;
    return torch::nn::functional::normalize(linear_->forward(x),
                                            torch::nn::functional::NormalizeFuncOptions().dim(1));
  }

 private:
  torch::nn::Linear linear_{nullptr};
};
TORCH_MODULE(TeacherProjection);

}  // namespace clipstill::distill
