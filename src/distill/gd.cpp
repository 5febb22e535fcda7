// Gradient distillation (CLIP-KD, Yang et al. 2024): the student's contrastive loss shall pull at
// its embeddings as the teacher's pulls at the teacher's. Summed over N pairs, with logits
// S = tau X Z^T of images X and texts Z, P = softmax of the rows of S, Q = softmax of the rows of
// S^T, and targets Y and W, the loss is L = -sum(Y log P + W log Q) / 2, and
//   dL/dS = (P - Y + (Q - W)^T) / 2 = G,    dL/dX = tau G Z,    dL/dZ = tau G^T X.
// The loss is the squared distance between the student's and the teacher's gradients, summed over
// dimensions and averaged over images and texts. Where the widths differ, the student's embeddings
// are those behind a projection into the teacher's space. Gradients grow with tau, so that this
// loss is of the order of tau^2. (The published code divides by tau where the gradient multiplies,
// and takes the mean over batch and dimensions: its weight of 1e8 says nothing here.)
#include "distill/loss.h"
#include "distill/teacher_projection.h"

namespace clipstill::distill {
namespace {

struct Gradient {
  torch::Tensor image, text;  // [N, D]
};

// dL/dX and dL/dZ of above.
Gradient contrastive_gradient(const torch::Tensor& image, const torch::Tensor& text,
                              const torch::Tensor& scale, const LossInput& in) {
  const auto logits = scale * torch::matmul(image, text.t());
  const auto images = torch::softmax(logits, 1) - in.targets;          // [N, N], image x text
  const auto texts = torch::softmax(logits.t(), 1) - in.text_targets;  // [N, N], text x image
  const auto g = scale * (images + texts.t()) / 2;
  return {torch::matmul(g, text), torch::matmul(g.t(), image)};
}

class Gd final : public Loss {
 public:
  explicit Gd(const LossContext& context)
      : image_(register_module("image", TeacherProjection(context))),
        text_(register_module("text", TeacherProjection(context))) {}

  LossOutput forward(const LossInput& in) override {
    const auto student = contrastive_gradient(
        image_->forward(in.student_image), text_->forward(in.student_text), in.student_scale, in);
    const auto teacher =
        contrastive_gradient(in.teacher_image, in.teacher_text,
                             torch::full_like(in.student_scale, in.teacher_scale), in);
    const auto sum = (student.image - teacher.image).square().sum() +
                     (student.text - teacher.text).square().sum();
    return {sum / 2, static_cast<double>(in.student_image.size(0))};
  }

 private:
  TeacherProjection image_, text_;
};

class GdSpec final : public LossSpec {
 public:
  GdSpec() : LossSpec("gd", /*needs_teacher=*/true) {}
  std::shared_ptr<Loss> make(const LossContext& context) const override {
    return std::make_shared<Gd>(context);
  }
};

}  // namespace

std::unique_ptr<LossSpec> make_gd() {
  return std::make_unique<GdSpec>();
}

}  // namespace clipstill::distill
