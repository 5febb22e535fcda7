// The task loss: symmetric cross-entropy of the image-text logits (Radford et al. 2021),
// (CE(tau z_i z_t^T) + CE(its transpose)) / 2, with the targets spread evenly over what
// belongs together where a batch holds several pairs of one label or text.
//
// With hard_negatives = beta > 0 a row's negatives are weighted by how near they are, as if more
// of them had been drawn from there (Robinson et al. 2021; for images and texts the HN-NCE of DiHT,
// Radenovic et al. 2023): in the denominator a negative of logit s_ij counts
//   w_ij = n exp(beta s_ij) / sum_k exp(beta s_ik),   k over the row's n negatives,
// times, so that the weights' mean is 1 and beta = 0 is the plain loss. A negative is a pair that
// shares nothing of the target. The gradient goes through the weights too, as in Robinson's code.
#include "distill/loss.h"

namespace clipstill::distill {
namespace {

// logits [N, N] with log w added to the negatives.
torch::Tensor with_hard_negatives(const torch::Tensor& logits, const torch::Tensor& targets,
                                  double beta) {
  const auto is_negative = targets <= 0;
  const auto tilted = beta * logits;
  const auto sum =
      torch::logsumexp(tilted.masked_fill(is_negative.logical_not(), kLeftOut), 1, true);
  const auto count = is_negative.sum(1, true).clamp_min(1);  // [N, 1]
  const auto log_weight = tilted - sum + count.to(logits.dtype()).log();
  return torch::where(is_negative, logits + log_weight, logits);
}

class Ce final : public Loss {
 public:
  explicit Ce(double hard_negatives) : hard_negatives_(hard_negatives) {}

  LossOutput forward(const LossInput& in) override {
    const auto logits = student_logits(in);
    const auto sum = rows(logits, in.targets) + rows(logits.t(), in.text_targets);
    return {sum / 2, static_cast<double>(logits.size(0))};
  }

 private:
  torch::Tensor rows(const torch::Tensor& logits, const torch::Tensor& targets) const {
    if (hard_negatives_ == 0) return soft_cross_entropy(logits, targets);
    return soft_cross_entropy(with_hard_negatives(logits, targets, hard_negatives_), targets);
  }

  double hard_negatives_;
};

class CeSpec final : public LossSpec {
 public:
  CeSpec() : LossSpec("ce", /*needs_teacher=*/false) {}
  std::shared_ptr<Loss> make(const LossContext&) const override {
    return std::make_shared<Ce>(hard_negatives_);
  }

 protected:
  void declare_own(OptionSet& set, const std::string& prefix) override {
    set.add(prefix + ".hard_negatives", hard_negatives_,
            "beta, which weights negatives by exp(beta * logit); 0 = all count the same")
        .range(0, 10);
  }

 private:
  double hard_negatives_ = 0;
};

}  // namespace

std::unique_ptr<LossSpec> make_ce() {
  return std::make_unique<CeSpec>();
}

}  // namespace clipstill::distill
