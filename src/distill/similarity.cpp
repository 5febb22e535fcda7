// Similarity-preserving distillation (Tung and Mori 2019): pairs that the teacher finds alike shall
// be alike for the student, within images and within texts: the squared difference between the
// matrices of cosines X X^T [N, N], a row's mean over its N pairs, averaged over images and texts.
// Widths need not agree, and nothing is projected. Tung and Mori bring the matrices' rows to unit
// length because their activations have any length; embeddings have it already.
#include "distill/loss.h"

namespace clipstill::distill {
namespace {

torch::Tensor squared_difference(const torch::Tensor& student, const torch::Tensor& teacher) {
  const auto difference = torch::matmul(student, student.t()) - torch::matmul(teacher, teacher.t());
  return difference.square().sum();
}

class Similarity final : public Loss {
 public:
  LossOutput forward(const LossInput& in) override {
    const auto count = static_cast<double>(in.student_image.size(0));
    const auto sum = squared_difference(in.student_image, in.teacher_image) +
                     squared_difference(in.student_text, in.teacher_text);
    return {sum / (2 * count), count};
  }
};

class SimilaritySpec final : public LossSpec {
 public:
  SimilaritySpec() : LossSpec("similarity", /*needs_teacher=*/true) {}
  std::shared_ptr<Loss> make(const LossContext&) const override {
    return std::make_shared<Similarity>();
  }
};

}  // namespace

std::unique_ptr<LossSpec> make_similarity() {
  return std::make_unique<SimilaritySpec>();
}

}  // namespace clipstill::distill
