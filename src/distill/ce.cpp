// The task loss: symmetric cross-entropy of the image-text logits (Radford et al. 2021),
// (CE(tau z_i z_t^T) + CE(its transpose)) / 2, with the targets spread evenly over pairs of
// equal label where a batch holds several.
#include "distill/loss.h"

namespace clipstill::distill {
namespace {

class Ce final : public Loss {
 public:
  LossOutput forward(const LossInput& in) override {
    const auto logits = in.student_scale * torch::matmul(in.student_image, in.student_text.t());
    const auto sum =
        soft_cross_entropy(logits, in.targets) + soft_cross_entropy(logits.t(), in.targets);
    return {sum / 2, static_cast<double>(logits.size(0))};
  }
};

class CeSpec final : public LossSpec {
 public:
  CeSpec() : LossSpec("ce", /*needs_teacher=*/false) {}
  std::shared_ptr<Loss> make(const LossContext&) const override { return std::make_shared<Ce>(); }
};

}  // namespace

std::unique_ptr<LossSpec> make_ce() {
  return std::make_unique<CeSpec>();
}

}  // namespace clipstill::distill
