// Feature distillation (CLIP-KD, Yang et al. 2024): the squared distance between L2-normalised
// student and teacher embeddings, ||z_s - z_t||^2, averaged over the two towers:
// (a d_image + b d_text) / (a + b), a = b = 1 unless set. It is summed over dimensions, not
// averaged: CLIP-KD's weight of 2000 with a per-dimension mean at width 512 equals a weight of
// about 3.9 here (7.8 with the average over towers).
#include "distill/loss.h"
#include "distill/modality_weights.h"
#include "distill/teacher_projection.h"

namespace clipstill::distill {
namespace {

class Fd final : public Loss {
 public:
  Fd(const LossContext& context, const ModalityWeights& weights)
      : image_(register_module("image", TeacherProjection(context))),
        text_(register_module("text", TeacherProjection(context))),
        weights_(weights) {}

  LossOutput forward(const LossInput& in) override {
    const auto image = (image_->forward(in.student_image) - in.teacher_image).square().sum();
    const auto text = (text_->forward(in.student_text) - in.teacher_text).square().sum();
    return {weights_.mean(image, text), static_cast<double>(in.student_image.size(0))};
  }

 private:
  TeacherProjection image_, text_;
  ModalityWeights weights_;
};

class FdSpec final : public LossSpec {
 public:
  FdSpec() : LossSpec("fd", /*needs_teacher=*/true) {}
  std::shared_ptr<Loss> make(const LossContext& context) const override {
    weights_.check("loss." + name());
    return std::make_shared<Fd>(context, weights_);
  }

 protected:
  void declare_own(OptionSet& set, const std::string& prefix) override {
    weights_.declare(set, prefix, "image tower", "text tower");
  }

 private:
  ModalityWeights weights_;
};

}  // namespace

std::unique_ptr<LossSpec> make_fd() {
  return std::make_unique<FdSpec>();
}

}  // namespace clipstill::distill
