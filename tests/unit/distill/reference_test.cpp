// Each loss against its formula in plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "batch.h"

namespace clipstill::distill {
namespace {

constexpr LossContext kEqual{/*student_dim=*/4, /*teacher_dim=*/4};
constexpr LossContext kUnequal{/*student_dim=*/4, /*teacher_dim=*/6};
const std::vector<int> kDistinct{0, 1, 2, 3, 4};
const std::vector<int> kShared{0, 1, 0, 2, 0, 1};  // three, two and one of a kind

Matrix logits(double scale, const Matrix& a, const Matrix& b) {
  Matrix rows;
  for (const auto& x : a) {
    rows.emplace_back();
    for (const auto& y : b) {
      rows.back().push_back(scale * std::inner_product(x.begin(), x.end(), y.begin(), 0.0));
    }
  }
  return rows;
}

Matrix transposed(const Matrix& a) {
  Matrix out(a[0].size(), Vector(a.size()));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < a[i].size(); ++j) out[j][i] = a[i][j];
  }
  return out;
}

Matrix softmax(Matrix rows) {
  for (auto& row : rows) {
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& x : row) sum += x = std::exp(x - top);
    for (double& x : row) x /= sum;
  }
  return rows;
}

double cross_entropy(const Matrix& logit_rows, const Matrix& targets) {
  const auto p = softmax(logit_rows);
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    for (size_t j = 0; j < p[i].size(); ++j) sum -= targets[i][j] * std::log(p[i][j]);
  }
  return sum;
}

double kl(const Matrix& teacher, const Matrix& student) {
  const auto p = softmax(teacher), q = softmax(student);
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    for (size_t j = 0; j < p[i].size(); ++j) sum += p[i][j] * std::log(p[i][j] / q[i][j]);
  }
  return sum;
}

/// Rows through the loss's projection `name`, brought back to unit length; as they are without one.
Matrix projected(const Loss& loss, const std::string& name, const Matrix& rows) {
  const auto parameters = loss.named_parameters();
  const auto* weight = parameters.find(name + ".linear.weight");
  if (weight == nullptr) return rows;
  auto out = logits(1, rows, nn::matrix(*weight));
  for (auto& row : out) {
    const double length = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
    for (double& x : row) x /= length;
  }
  return out;
}

struct Numbers {
  explicit Numbers(const LossInput& in)
      : image(nn::matrix(in.student_image)),
        text(nn::matrix(in.student_text)),
        targets(nn::matrix(in.targets)) {
    if (!in.teacher_image.defined()) return;
    teacher_image = nn::matrix(in.teacher_image);
    teacher_text = nn::matrix(in.teacher_text);
  }
  Matrix image, text, teacher_image, teacher_text, targets;
};

void expect_loss(Loss& loss, const LossInput& in, double sum, double count) {
  const auto out = loss.forward(in);
  EXPECT_NEAR(out.sum.item<double>(), sum, 1e-9 * std::max(1.0, std::abs(sum)));
  EXPECT_EQ(out.sum.dim(), 0);
  EXPECT_EQ(out.count, count);
}

TEST(CeReference, IsTheSymmetricCrossEntropy) {
  for (const auto& labels : {kDistinct, kShared}) {
    const auto in = make_batch(labels, {4, 0}, 1);
    const Numbers x(in);
    const auto rows = logits(kStudentScale, x.image, x.text);
    const double sum = cross_entropy(rows, x.targets) + cross_entropy(transposed(rows), x.targets);
    expect_loss(*make_loss("ce", {4, 0}), in, sum / 2, static_cast<double>(labels.size()));
  }
}

TEST(KlReference, IsBothDirectionsTimesTheSquaredTemperature) {
  for (const double t : {1.0, 4.0, 0.5}) {
    for (const auto& widths : {kEqual, kUnequal}) {
      const auto in = make_batch(kShared, widths, 2);
      const Numbers x(in);
      const auto student = logits(kStudentScale / t, x.image, x.text);
      const auto teacher = logits(kTeacherScale / t, x.teacher_image, x.teacher_text);
      const double sum = kl(teacher, student) + kl(transposed(teacher), transposed(student));
      const auto loss = make_loss("kl", widths, {fmt::format("loss.kl.temperature={}", t)});
      expect_loss(*loss, in, t * t * sum / 2, 6);
    }
  }
}

TEST(KlReference, TheTemperatureStartsAtOne) {
  const auto in = make_batch(kDistinct, kEqual, 3);
  const auto at_one = make_loss("kl", kEqual, {"loss.kl.temperature=1"});
  EXPECT_EQ(make_loss("kl", kEqual)->forward(in).sum.item<double>(),
            at_one->forward(in).sum.item<double>());
}

TEST(FdReference, IsTheSquaredDistanceAveragedOverTowers) {
  for (const auto& widths : {kEqual, kUnequal}) {
    const auto in = make_batch(kDistinct, widths, 4);
    const Numbers x(in);
    const auto loss = make_loss("fd", widths);
    const auto image = projected(*loss, "image", x.image);
    const auto text = projected(*loss, "text", x.text);
    double sum = 0;
    for (size_t i = 0; i < image.size(); ++i) {
      for (size_t c = 0; c < image[i].size(); ++c) {
        const double a = image[i][c] - x.teacher_image[i][c];
        const double b = text[i][c] - x.teacher_text[i][c];
        sum += (a * a + b * b) / 2;
      }
    }
    expect_loss(*loss, in, sum, 5);
  }
}

TEST(IclReference, IsStudentAgainstTeacherAcrossModalities) {
  for (const auto& widths : {kEqual, kUnequal}) {
    for (const auto& labels : {kDistinct, kShared}) {
      const auto in = make_batch(labels, widths, 5);
      const Numbers x(in);
      const auto loss = make_loss("icl", widths);
      const double scale = 14.285714285714286;  // 1 / 0.07
      const auto image = logits(scale, projected(*loss, "image", x.image), x.teacher_text);
      const auto text = logits(scale, projected(*loss, "text", x.text), x.teacher_image);
      const double sum = cross_entropy(image, x.targets) + cross_entropy(text, x.targets);
      // The scale is stored as a float logarithm.
      const auto out = loss->forward(in);
      EXPECT_NEAR(out.sum.item<double>(), sum / 2, 1e-6 * sum);
      EXPECT_EQ(out.count, static_cast<double>(labels.size()));
    }
  }
}

TEST(IclReference, ItsScaleIsClampedAtOneHundred) {
  const auto in = make_batch(kShared, kEqual, 6);
  const Numbers x(in);
  const auto loss = make_loss("icl", kEqual);
  const auto parameters = loss->named_parameters();
  for (const auto& [log_scale, scale] : {std::pair{0.0, 1.0}, {3.0, std::exp(3.0)}, {6.0, 100.0}}) {
    {
      torch::NoGradGuard no_grad;
      parameters["logit_scale"].fill_(log_scale);
    }
    const auto image = logits(scale, x.image, x.teacher_text);
    const auto text = logits(scale, x.text, x.teacher_image);
    const double sum = cross_entropy(image, x.targets) + cross_entropy(text, x.targets);
    expect_loss(*loss, in, sum / 2, 6);
  }
}

TEST(StyleReference, ContrastsImagesOfOneLabel) {
  for (const double t : {0.1, 0.7}) {
    const auto in = make_batch(kShared, {4, 0}, 7);
    const Numbers x(in);
    double sum = 0, rows = 0;
    for (size_t i = 0; i < kShared.size(); ++i) {
      double others = 0, positives = 0, log_likelihood = 0;
      const auto similarity = logits(1 / t, {x.image[i]}, x.image)[0];
      for (size_t j = 0; j < kShared.size(); ++j) {
        if (j != i) others += std::exp(similarity[j]);
      }
      for (size_t j = 0; j < kShared.size(); ++j) {
        if (j == i || kShared[j] != kShared[i]) continue;
        ++positives;
        log_likelihood += std::log(std::exp(similarity[j]) / others);
      }
      if (positives == 0) continue;
      ++rows;
      sum -= log_likelihood / positives;
    }
    ASSERT_EQ(rows, 5);
    const auto loss = make_loss("style", {4, 0}, {fmt::format("loss.style.temperature={}", t)});
    expect_loss(*loss, in, sum, rows);
  }
}

}  // namespace
}  // namespace clipstill::distill
