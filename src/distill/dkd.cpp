// Decoupled knowledge distillation (DKD, Zhao et al. 2022) on the rows of the logit matrix. With p
// the teacher's and q the student's softmax of a row at temperature T, and b(p) the mass of p on
// the row's targets, KL(p || q) of a row with one target is TCKD + (1 - b(p)) NCKD:
//   TCKD = KL((b(p), 1 - b(p)) || (b(q), 1 - b(q)))    how sure the teacher is of the targets
//   NCKD = KL(p || q), both over the others alone      what it knows about the others
// A sure teacher all but silences the second part, which DKD therefore weights by itself:
// T^2 (alpha TCKD + beta NCKD), averaged over both directions. Where pairs of one label share a
// row, all of them are its targets: their mass counts together, and how the teacher divides it
// among them is not learned. A row without others has only its TCKD, which is 0.
#include "distill/loss.h"

namespace clipstill::distill {
namespace {

// A row's logits [N, N], seen as targets against others.
struct Decoupled {
  torch::Tensor log_target, log_other;  // [N], log b and log(1 - b)
  torch::Tensor log_others;             // [N, N], log softmax over the others alone

  Decoupled(const torch::Tensor& logits, const torch::Tensor& is_target) {
    const auto others = logits.masked_fill(is_target, kLeftOut);
    const auto all = torch::logsumexp(logits, 1);
    log_target = torch::logsumexp(logits.masked_fill(is_target.logical_not(), kLeftOut), 1) - all;
    log_other = torch::logsumexp(others, 1) - all;
    log_others = torch::log_softmax(others, 1);
  }
};

torch::Tensor kl_terms(const torch::Tensor& log_p, const torch::Tensor& log_q) {
  return log_p.exp() * (log_p - log_q);
}

class Dkd final : public Loss {
 public:
  Dkd(double temperature, double alpha, double beta)
      : temperature_(temperature), alpha_(alpha), beta_(beta) {}

  LossOutput forward(const LossInput& in) override {
    const double t = temperature_;
    const auto student = student_logits(in, t), teacher = teacher_logits(in, t);
    const auto sum = rows(teacher, student, in.targets > 0) +
                     rows(teacher.t(), student.t(), in.text_targets > 0);
    return {sum * (t * t / 2), static_cast<double>(student.size(0))};
  }

 private:
  torch::Tensor rows(const torch::Tensor& teacher, const torch::Tensor& student,
                     const torch::Tensor& is_target) const {
    const Decoupled p(teacher, is_target), q(student, is_target);
    const auto target =
        kl_terms(p.log_target, q.log_target).sum() + kl_terms(p.log_other, q.log_other).sum();
    return alpha_ * target + beta_ * kl_terms(p.log_others, q.log_others).sum();
  }

  double temperature_, alpha_, beta_;
};

class DkdSpec final : public LossSpec {
 public:
  DkdSpec() : LossSpec("dkd", /*needs_teacher=*/true) {}
  std::shared_ptr<Loss> make(const LossContext&) const override {
    return std::make_shared<Dkd>(temperature_, alpha_, beta_);
  }

 protected:
  void declare_own(OptionSet& set, const std::string& prefix) override {
    set.add(prefix + ".temperature", temperature_,
            "T, which divides both logits; the effective scale is exp(logit_scale) / T")
        .range(0.01, 1000);
    set.add(prefix + ".alpha", alpha_, "weight of the targets' mass against the others'")
        .range(0, 1e6);
    set.add(prefix + ".beta", beta_, "weight of the distribution among the others").range(0, 1e6);
  }

 private:
  double temperature_ = 1;
  double alpha_ = 1, beta_ = 1;
};

}  // namespace

std::unique_ptr<LossSpec> make_dkd() {
  return std::make_unique<DkdSpec>();
}

}  // namespace clipstill::distill
