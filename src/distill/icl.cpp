// Interactive contrastive learning (CLIP-KD): the student's images against the teacher's texts
// and the student's texts against the teacher's images, with a learnable scale of its own.
#include "distill/learned_scale.h"
#include "distill/loss.h"
#include "distill/teacher_projection.h"

namespace clipstill::distill {
namespace {

class Icl final : public Loss {
 public:
  explicit Icl(const LossContext& context)
      : image_(register_module("image", TeacherProjection(context))),
        text_(register_module("text", TeacherProjection(context))),
        logit_scale_(register_parameter("logit_scale", initial_log_scale())) {}

  LossOutput forward(const LossInput& in) override {
    const auto scale = learned_scale(logit_scale_);
    const auto image =
        scale * torch::matmul(image_->forward(in.student_image), in.teacher_text.t());
    const auto text = scale * torch::matmul(text_->forward(in.student_text), in.teacher_image.t());
    const auto sum =
        soft_cross_entropy(image, in.targets) + soft_cross_entropy(text, in.text_targets);
    return {sum / 2, static_cast<double>(in.student_image.size(0))};
  }

  void after_step() override { nn::clamp_log_scale(logit_scale_, kMaxLearnedScale); }

 private:
  TeacherProjection image_, text_;
  torch::Tensor logit_scale_;
};

class IclSpec final : public LossSpec {
 public:
  IclSpec() : LossSpec("icl", /*needs_teacher=*/true) {}
  std::shared_ptr<Loss> make(const LossContext& context) const override {
    return std::make_shared<Icl>(context);
  }
};

}  // namespace

std::unique_ptr<LossSpec> make_icl() {
  return std::make_unique<IclSpec>();
}

}  // namespace clipstill::distill
