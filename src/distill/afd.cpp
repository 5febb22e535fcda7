// Augmented feature distillation (CLIP-KD, Yang et al. 2024): student and teacher embeddings of an
// image side by side, [N, D + Dt], go through a learned linear map into the student's width, those
// of a text through another, and the fused embeddings are contrasted as the student's own are, with
// a learnable scale of their own.
#include "distill/learned_scale.h"
#include "distill/loss.h"

namespace clipstill::distill {
namespace {

class Afd final : public Loss {
 public:
  explicit Afd(const LossContext& context)
      : image_(register_module("image", make_fusion(context))),
        text_(register_module("text", make_fusion(context))),
        logit_scale_(register_parameter("logit_scale", initial_log_scale())) {}

  LossOutput forward(const LossInput& in) override {
    const auto image = fused(image_, in.student_image, in.teacher_image);
    const auto text = fused(text_, in.student_text, in.teacher_text);
    const auto logits = learned_scale(logit_scale_) * torch::matmul(image, text.t());
    const auto sum =
        soft_cross_entropy(logits, in.targets) + soft_cross_entropy(logits.t(), in.text_targets);
    return {sum / 2, static_cast<double>(logits.size(0))};
  }

  void after_step() override { nn::clamp_log_scale(logit_scale_, kMaxLearnedScale); }

 private:
  static torch::nn::Linear make_fusion(const LossContext& widths) {
    return torch::nn::Linear(
        torch::nn::LinearOptions(widths.student_dim + widths.teacher_dim, widths.student_dim)
            .bias(false));
  }

  // L2-normalised [N, D].
  static torch::Tensor fused(torch::nn::Linear& fusion, const torch::Tensor& student,
                             const torch::Tensor& teacher) {
    return torch::nn::functional::normalize(fusion->forward(torch::cat({student, teacher}, 1)),
                                            torch::nn::functional::NormalizeFuncOptions().dim(1));
  }

  torch::nn::Linear image_, text_;
  torch::Tensor logit_scale_;
};

class AfdSpec final : public LossSpec {
 public:
  AfdSpec() : LossSpec("afd", /*needs_teacher=*/true) {}
  std::shared_ptr<Loss> make(const LossContext& context) const override {
    return std::make_shared<Afd>(context);
  }
};

}  // namespace

std::unique_ptr<LossSpec> make_afd() {
  return std::make_unique<AfdSpec>();
}

}  // namespace clipstill::distill
