// The original method's distillation loss: KL(softmax(teacher / T) || softmax(student / T)) over
// the rows of the logit matrix ("batchmean"), times T^2 so that its gradient does not fade as T
// grows (Hinton et al. 2015). With T = 1 it is CRD / CKD. The two directions, each image among the
// texts and each text among the images, are averaged: T^2 (a KL_image + b KL_text) / (a + b),
// a = b = 1 unless set.
#include "distill/loss.h"
#include "distill/modality_weights.h"

namespace clipstill::distill {
namespace {

// KL summed over rows; both arguments are logits [N, N].
torch::Tensor kl(const torch::Tensor& teacher, const torch::Tensor& student) {
  const auto log_p = torch::log_softmax(teacher, 1);
  return (log_p.exp() * (log_p - torch::log_softmax(student, 1))).sum();
}

class Kl final : public Loss {
 public:
  Kl(double temperature, const ModalityWeights& weights)
      : temperature_(temperature), weights_(weights) {}

  LossOutput forward(const LossInput& in) override {
    const double t = temperature_;
    const auto student = student_logits(in, t), teacher = teacher_logits(in, t);
    const auto mean = weights_.mean(kl(teacher, student), kl(teacher.t(), student.t()));
    return {mean * (t * t), static_cast<double>(student.size(0))};
  }

 private:
  double temperature_;
  ModalityWeights weights_;
};

class KlSpec final : public LossSpec {
 public:
  KlSpec() : LossSpec("kl", /*needs_teacher=*/true) {}
  std::shared_ptr<Loss> make(const LossContext&) const override {
    weights_.check("loss." + name());
    return std::make_shared<Kl>(temperature_, weights_);
  }

 protected:
  void declare_own(OptionSet& set, const std::string& prefix) override {
    set.add(prefix + ".temperature", temperature_,
            "T, which divides both logits; the effective scale is exp(logit_scale) / T")
        .range(0.01, 1000);
    weights_.declare(set, prefix, "images' rows, each image among the texts,",
                     "texts' rows, each text among the images,");
  }

 private:
  double temperature_ = 1;
  ModalityWeights weights_;
};

}  // namespace

std::unique_ptr<LossSpec> make_kl() {
  return std::make_unique<KlSpec>();
}

}  // namespace clipstill::distill
