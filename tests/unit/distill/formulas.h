// Formulas in plain loops, as the tests of the losses compare with them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "batch.h"

namespace clipstill::distill {

inline constexpr LossContext kEqual{/*student_dim=*/4, /*teacher_dim=*/4};
inline constexpr LossContext kUnequal{/*student_dim=*/4, /*teacher_dim=*/6};
inline const std::vector<int> kDistinct{0, 1, 2, 3, 4};
inline const std::vector<int> kShared{0, 1, 0, 2, 0, 1};  // three, two and one of a kind

inline Matrix logits(double scale, const Matrix& a, const Matrix& b) {
  Matrix rows;
  for (const auto& x : a) {
    rows.emplace_back();
    for (const auto& y : b) {
      rows.back().push_back(scale * std::inner_product(x.begin(), x.end(), y.begin(), 0.0));
    }
  }
  return rows;
}

inline Matrix transposed(const Matrix& a) {
  Matrix out(a[0].size(), Vector(a.size()));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < a[i].size(); ++j) out[j][i] = a[i][j];
  }
  return out;
}

inline Matrix softmax(Matrix rows) {
  for (auto& row : rows) {
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& x : row) sum += x = std::exp(x - top);
    for (double& x : row) x /= sum;
  }
  return rows;
}

inline double cross_entropy(const Matrix& logit_rows, const Matrix& targets) {
  const auto p = softmax(logit_rows);
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    for (size_t j = 0; j < p[i].size(); ++j) sum -= targets[i][j] * std::log(p[i][j]);
  }
  return sum;
}

inline double kl(const Matrix& teacher, const Matrix& student) {
  const auto p = softmax(teacher), q = softmax(student);
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    for (size_t j = 0; j < p[i].size(); ++j) sum += p[i][j] * std::log(p[i][j] / q[i][j]);
  }
  return sum;
}

inline Matrix unit_length(Matrix rows) {
  for (auto& row : rows) {
    const double length = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
    for (double& x : row) x /= length;
  }
  return rows;
}

/// Rows through the loss's projection `name`, brought back to unit length; as they are without one.
inline Matrix projected(const Loss& loss, const std::string& name, const Matrix& rows) {
  const auto parameters = loss.named_parameters();
  const auto* weight = parameters.find(name + ".linear.weight");
  if (weight == nullptr) return rows;
  return unit_length(logits(1, rows, nn::matrix(*weight)));
}

struct Numbers {
  explicit Numbers(const LossInput& in)
      : image(nn::matrix(in.student_image)),
        text(nn::matrix(in.student_text)),
        targets(nn::matrix(in.targets)),
        text_targets(nn::matrix(in.text_targets)) {
    if (!in.teacher_image.defined()) return;
    teacher_image = nn::matrix(in.teacher_image);
    teacher_text = nn::matrix(in.teacher_text);
  }
  Matrix image, text, teacher_image, teacher_text, targets, text_targets;
};

inline void expect_loss(Loss& loss, const LossInput& in, double sum, double count) {
  const auto out = loss.forward(in);
  EXPECT_NEAR(out.sum.item<double>(), sum, 1e-9 * std::max(1.0, std::abs(sum)));
  EXPECT_EQ(out.sum.dim(), 0);
  EXPECT_EQ(out.count, count);
}

}  // namespace clipstill::distill
