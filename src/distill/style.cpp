// Agreement between images of one label or text, for data that shows one thing in several styles:
// supervised contrastive loss among the images of the batch (Khosla et al. 2020, L_out). Rows
// without another image of their label or text do not count.
#include "distill/loss.h"

namespace clipstill::distill {
namespace {

class Style final : public Loss {
 public:
  explicit Style(double temperature) : temperature_(temperature) {}

  LossOutput forward(const LossInput& in) override {
    const auto n = in.student_image.size(0);
    const auto self = torch::eye(n, torch::kBool);
    const auto shared = (in.targets > 0).logical_or(in.text_targets > 0);
    const auto positive = shared.logical_and(self.logical_not()).to(torch::kFloat);
    const auto count = positive.sum(1);  // [N]
    const auto logits = (torch::matmul(in.student_image, in.student_image.t()) / temperature_)
                            .masked_fill(self, kLeftOut);
    const auto per_row = -(positive * torch::log_softmax(logits, 1)).sum(1) / count.clamp_min(1);
    return {per_row.sum(), std::max(1.0, (count > 0).sum().item<double>())};
  }

 private:
  double temperature_;
};

class StyleSpec final : public LossSpec {
 public:
  StyleSpec() : LossSpec("style", /*needs_teacher=*/false) {}
  std::shared_ptr<Loss> make(const LossContext&) const override {
    return std::make_shared<Style>(temperature_);
  }

 protected:
  void declare_own(OptionSet& set, const std::string& prefix) override {
    set.add(prefix + ".temperature", temperature_, "temperature of the image-image softmax")
        .range(0.001, 10);
  }

 private:
  double temperature_ = 0.1;
};

}  // namespace

std::unique_ptr<LossSpec> make_style() {
  return std::make_unique<StyleSpec>();
}

}  // namespace clipstill::distill
