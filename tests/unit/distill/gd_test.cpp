// The gradients that gd writes down, against those that autograd finds for the contrastive loss.
#include <gtest/gtest.h>

#include "formulas.h"

namespace clipstill::distill {
namespace {

struct Pull {
  Matrix image, text;
};

torch::Tensor tensor(const Matrix& rows) {
  auto out = torch::empty({int64_t(rows.size()), int64_t(rows[0].size())}, torch::kDouble);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t c = 0; c < rows[i].size(); ++c) out[int64_t(i)][int64_t(c)] = rows[i][c];
  }
  return out;
}

/// Autograd's gradients of the loss "ce", with the targets of `in`, with respect to the embeddings.
Pull pull(const Matrix& image, const Matrix& text, double scale, LossInput in) {
  in.student_image = tensor(image).requires_grad_();
  in.student_text = tensor(text).requires_grad_();
  in.student_scale = torch::tensor(scale, torch::kDouble);
  make_loss("ce", {int64_t(image[0].size()), 0})->forward(in).sum.backward();
  return {nn::matrix(in.student_image.grad()), nn::matrix(in.student_text.grad())};
}

double squared_distance(const Matrix& a, const Matrix& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t c = 0; c < a[i].size(); ++c) sum += std::pow(a[i][c] - b[i][c], 2);
  }
  return sum;
}

void expect_distance_of_pulls(const LossInput& in, const LossContext& widths) {
  const Numbers x(in);
  const auto loss = make_loss("gd", widths);
  const auto student =
      pull(projected(*loss, "image", x.image), projected(*loss, "text", x.text), kStudentScale, in);
  const auto teacher = pull(x.teacher_image, x.teacher_text, kTeacherScale, in);
  const double sum =
      squared_distance(student.image, teacher.image) + squared_distance(student.text, teacher.text);
  expect_loss(*loss, in, sum / 2, static_cast<double>(in.targets.size(0)));
}

TEST(Gd, IsTheDistanceOfTheGradientsThatAutogradFinds) {
  for (const auto& widths : {kEqual, kUnequal}) {
    for (const auto& labels : {kDistinct, kShared}) {
      expect_distance_of_pulls(make_batch(labels, widths, 1), widths);
      expect_distance_of_pulls(many_to_many(make_batch(labels, widths, 1)), widths);
    }
  }
}

TEST(Gd, TargetsNeedNotBeSymmetric) {
  // The middle pair shares its label with the first and its text with the last.
  auto in = make_batch({0, 1, 2}, kEqual, 2);
  in.targets = in.text_targets =
      tensor({{0.5, 0.5, 0}, {1 / 3.0, 1 / 3.0, 1 / 3.0}, {0, 0.5, 0.5}});
  expect_distance_of_pulls(in, kEqual);
}

TEST(Gd, TwoOrthogonalPairsByHand) {
  auto in = make_batch({0, 1}, {2, 2}, 3);
  in.student_image = in.student_text = torch::eye(2, torch::kDouble);
  in.teacher_image = in.student_image;
  in.teacher_text = -in.student_text;
  // Each row and column of student logits is (7.5, 0), of teacher logits (-11, 0), so that the
  // wrong partner gets the probability 1 / (1 + exp(7.5)) or 1 / (1 + exp(-11)). Times the scales,
  // e and f, an image's gradients are (-e, e) and, because the teacher's texts point the other way,
  // (f, -f); a text's are (-e, e) and (-f, f).
  const double e = 7.5 / (1 + std::exp(7.5)), f = 11 / (1 + std::exp(-11.0));
  const double images = 4 * (e + f) * (e + f), texts = 4 * (e - f) * (e - f);
  expect_loss(*make_loss("gd", {2, 2}), in, (images + texts) / 2, 2);
}

}  // namespace
}  // namespace clipstill::distill
