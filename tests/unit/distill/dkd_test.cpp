// Decoupled KL: against plain loops, and put together again.
#include <gtest/gtest.h>

#include "formulas.h"

namespace clipstill::distill {
namespace {

/// Row i over its targets (`which` > 0) or the others alone, as probabilities; and their mass.
struct Part {
  Vector shares;
  double mass = 0;
};

Part part(const Vector& p, const Vector& targets, bool of_targets) {
  Part out;
  for (size_t j = 0; j < p.size(); ++j) {
    if ((targets[j] > 0) == of_targets) out.shares.push_back(p[j]);
  }
  for (const double x : out.shares) out.mass += x;
  for (double& x : out.shares) x /= out.mass;
  return out;
}

double divergence(const Vector& p, const Vector& q) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += p[i] * std::log(p[i] / q[i]);
  return sum;
}

double decoupled(const Matrix& teacher, const Matrix& student, const Matrix& targets, double alpha,
                 double beta) {
  const auto p = softmax(teacher), q = softmax(student);
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double b = part(p[i], targets[i], true).mass, c = part(q[i], targets[i], true).mass;
    sum += alpha * divergence({b, 1 - b}, {c, 1 - c});
    sum += beta *
           divergence(part(p[i], targets[i], false).shares, part(q[i], targets[i], false).shares);
  }
  return sum;
}

TEST(Dkd, WeighsTheTargetsAndTheOthersApart) {
  for (const auto& [t, alpha, beta] :
       {std::tuple{1.0, 1.0, 1.0}, {2.0, 0.5, 8.0}, {0.5, 2.0, 0.0}}) {
    for (const auto& labels : {kDistinct, kShared}) {
      const auto in = many_to_many(make_batch(labels, kUnequal, 2));
      const Numbers x(in);
      const auto student = logits(kStudentScale / t, x.image, x.text);
      const auto teacher = logits(kTeacherScale / t, x.teacher_image, x.teacher_text);
      const double sum =
          decoupled(teacher, student, x.targets, alpha, beta) +
          decoupled(transposed(teacher), transposed(student), x.text_targets, alpha, beta);
      const auto loss = make_loss(
          "dkd", kUnequal,
          {fmt::format("loss.dkd.temperature={}", t), fmt::format("loss.dkd.alpha={}", alpha),
           fmt::format("loss.dkd.beta={}", beta)});
      expect_loss(*loss, in, t * t * sum / 2, static_cast<double>(labels.size()));
    }
  }
}

/// A teacher whose logits are the same in every row and column, but for their order, so that it
/// gives every row's target the same probability.
LossInput circulant_teacher(int64_t n) {
  auto in = make_batch(kDistinct, {4, n}, 3);
  in.teacher_image = torch::eye(n, torch::kDouble);
  const auto row = unit_rows(1, n, 4)[0];
  for (int64_t i = 0; i < n; ++i) in.teacher_text[i] = row.roll(i);
  return in;
}

TEST(Dkd, IsKlWhereTheOthersWeighWhatTheTeacherGivesThem) {
  const auto in = circulant_teacher(5);
  const Numbers x(in);
  for (const double t : {1.0, 3.0}) {
    const auto p = softmax(logits(kTeacherScale / t, x.teacher_image, x.teacher_text));
    for (size_t i = 0; i < 5; ++i) ASSERT_NEAR(p[i][i], p[0][0], 1e-12);
    const auto kl = make_loss("kl", {4, 5}, {fmt::format("loss.kl.temperature={}", t)});
    const auto dkd = make_loss("dkd", {4, 5},
                               {fmt::format("loss.dkd.temperature={}", t), "loss.dkd.alpha=1",
                                fmt::format("loss.dkd.beta={}", 1 - p[0][0])});
    expect_loss(*dkd, in, kl->forward(in).sum.item<double>(), 5);
  }
}

TEST(Dkd, HowTheTeacherDividesTheTargetsIsNotLearned) {
  auto in = make_batch({0, 0, 1, 1}, kEqual, 5);
  in.teacher_image = torch::eye(4, torch::kDouble);
  // Cosines of unit length: 0.8 and 0.4 within a label, sqrt(0.1) to the others.
  const double a = 0.8, b = 0.4, c = std::sqrt(0.1);
  const auto texts = [&](double own, double other) {
    return torch::tensor({own, other, c, c, other, own, c, c, c, c, own, other, c, c, other, own},
                         torch::kDouble)
        .view({4, 4});
  };
  const auto difference = [&](const std::string& name) {
    const auto loss = make_loss(name, kEqual);
    in.teacher_text = texts(a, b);
    const double before = loss->forward(in).sum.item<double>();
    in.teacher_text = texts(b, a);
    return loss->forward(in).sum.item<double>() - before;
  };
  EXPECT_NEAR(difference("dkd"), 0, 1e-9);
  EXPECT_GT(std::abs(difference("kl")), 0.1);
}

TEST(Dkd, RowsWithoutOthersCostNothing) {
  for (const auto dtype : {torch::kDouble, torch::kFloat}) {
    auto in = make_batch({0, 0, 0}, kEqual, 6);
    for (auto* tensor : {&in.student_image, &in.student_text, &in.student_scale, &in.teacher_image,
                         &in.teacher_text, &in.targets, &in.text_targets}) {
      *tensor = tensor->to(dtype);
    }
    in.student_image.requires_grad_();
    const auto out = make_loss("dkd", kEqual)->forward(in);
    EXPECT_NEAR(out.sum.item<double>(), 0, 1e-6);
    out.sum.backward();
    EXPECT_LT(in.student_image.grad().abs().max().item<double>(), 1e-5);  // and not NaN
  }
}

}  // namespace
}  // namespace clipstill::distill
