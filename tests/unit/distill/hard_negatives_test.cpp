// Cross-entropy whose negatives are weighted by how near they are.
#include <gtest/gtest.h>

#include "formulas.h"

namespace clipstill::distill {
namespace {

double sum(Loss& loss, const LossInput& in) {
  return loss.forward(in).sum.item<double>();
}

/// Rows of logits s: -sum_j y_j log(e^s_j / (targets' e^s + negatives' w e^s)) with the weights w.
double weighted_rows(const Matrix& logit_rows, const Matrix& targets, double beta) {
  double total = 0;
  for (size_t i = 0; i < logit_rows.size(); ++i) {
    const auto& s = logit_rows[i];
    double tilted = 0, negatives = 0;
    for (size_t j = 0; j < s.size(); ++j) {
      if (targets[i][j] > 0) continue;
      tilted += std::exp(beta * s[j]);
      ++negatives;
    }
    double denominator = 0;
    for (size_t j = 0; j < s.size(); ++j) {
      const double w = targets[i][j] > 0 ? 1 : negatives * std::exp(beta * s[j]) / tilted;
      denominator += w * std::exp(s[j]);
    }
    for (size_t j = 0; j < s.size(); ++j) {
      total -= targets[i][j] * std::log(std::exp(s[j]) / denominator);
    }
  }
  return total;
}

TEST(HardNegatives, WeightTheDenominator) {
  for (const double beta : {0.25, 1.0}) {
    for (const auto& labels : {kDistinct, kShared}) {
      const auto in = many_to_many(make_batch(labels, {4, 0}, 1));
      const Numbers x(in);
      const auto rows = logits(kStudentScale, x.image, x.text);
      const double both = weighted_rows(rows, x.targets, beta) +
                          weighted_rows(transposed(rows), x.text_targets, beta);
      const auto loss = make_loss("ce", {4, 0}, {fmt::format("loss.ce.hard_negatives={}", beta)});
      expect_loss(*loss, in, both / 2, static_cast<double>(labels.size()));
    }
  }
}

TEST(HardNegatives, CostMoreAndOnlyWhereThereAreSeveral) {
  const auto plain = make_loss("ce", {4, 0});
  const auto in = make_batch({0, 1, 0, 2, 1, 3}, {4, 0}, 8);
  double before = sum(*plain, in);
  EXPECT_EQ(sum(*make_loss("ce", {4, 0}, {"loss.ce.hard_negatives=0"}), in), before);
  // Weights of mean 1 that grow with exp(s) raise the sum of exp(s).
  for (const auto* beta : {"0.1", "0.5", "2"}) {
    const auto weighted = make_loss("ce", {4, 0}, {std::string("loss.ce.hard_negatives=") + beta});
    EXPECT_GT(sum(*weighted, in), before + 0.01) << beta;
    before = sum(*weighted, in);
    // One negative in a row, or none, has nothing to be weighted against.
    for (const auto& labels : {std::vector<int>{0, 1}, {0, 0, 0}}) {
      const auto few = make_batch(labels, {4, 0}, 9);
      EXPECT_NEAR(sum(*weighted, few), sum(*plain, few), 1e-12) << beta;
    }
  }
}

}  // namespace
}  // namespace clipstill::distill
