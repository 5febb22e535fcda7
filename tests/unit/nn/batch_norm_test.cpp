// The fused normalisation against libtorch's operators one after the other.
#include "nn/batch_norm.h"

#include <gtest/gtest.h>

#include <limits>

#include "tensors.h"

namespace clipstill::nn {
namespace {

struct Case {
  const char* name;
  std::vector<int64_t> shape;
  Activation activation;
  bool residual;
};

struct Outcome {
  torch::Tensor y, running_mean, running_var, batches;
  std::vector<torch::Tensor> gradients;  // by x, weight, bias and the residual
};

torch::nn::BatchNorm2d norm_of(int64_t channels, torch::Dtype type = torch::kFloat) {
  torch::nn::BatchNorm2d norm(channels);
  norm->to(torch::kDouble);
  randomise(*norm, 5);
  norm->to(type);
  return norm;
}

torch::Tensor input(const std::vector<int64_t>& shape, uint64_t seed) {
  // A channel far from 0 beside others: where a careless variance loses its digits.
  const auto offset = torch::arange(shape[1], torch::kDouble).remainder(3).view({1, -1, 1, 1}) * 20;
  return normal(shape, seed) + offset;
}

Outcome through(const Case& test, torch::Dtype type, torch::Dtype norm_type) {
  auto norm = norm_of(test.shape[1], norm_type);
  const auto x = input(test.shape, 1).to(type).requires_grad_();
  auto residual = normal(test.shape, 2).to(type);
  residual.requires_grad_();
  const auto y = batch_norm(norm, x, test.activation, test.residual ? residual : torch::Tensor());
  std::vector<torch::Tensor> wanted{x, norm->weight, norm->bias};
  if (test.residual) wanted.push_back(residual);
  return {y, norm->running_mean, norm->running_var, norm->num_batches_tracked,
          torch::autograd::grad({y}, wanted, {normal(test.shape, 3).to(y.scalar_type())})};
}

double relative(const torch::Tensor& a, const torch::Tensor& b) {
  return largest_difference(a.to(torch::kDouble), b.to(torch::kDouble)) /
         b.to(torch::kDouble).abs().max().item<double>();
}

class BatchNorm : public testing::TestWithParam<Case> {};

// Doubles go through libtorch's operators.
TEST_P(BatchNorm, EqualsTheOperatorsInDouble) {
  const auto actual = through(GetParam(), torch::kFloat, torch::kFloat);
  const auto expected = through(GetParam(), torch::kDouble, torch::kDouble);
  EXPECT_LT(largest_difference(actual.y.to(torch::kDouble), expected.y), 2e-5);
  EXPECT_LT(relative(actual.running_mean, expected.running_mean), 1e-6);
  EXPECT_LT(relative(actual.running_var, expected.running_var), 1e-6);
  EXPECT_EQ(actual.batches.item<int64_t>(), 1);
  ASSERT_EQ(actual.gradients.size(), expected.gradients.size());
  for (size_t i = 0; i < actual.gradients.size(); ++i) {
    EXPECT_LT(relative(actual.gradients[i], expected.gradients[i]), 2e-5) << i;
  }
}

// What rounding to 8 bits allows, on the same rounded inputs.
TEST_P(BatchNorm, KeepsTheDigitsOfBfloat16) {
  auto test = GetParam();
  const auto actual = through(test, torch::kBFloat16, torch::kFloat);
  EXPECT_EQ(actual.y.scalar_type(), torch::kBFloat16);
  auto norm = norm_of(test.shape[1]);
  const auto x = input(test.shape, 1).to(torch::kBFloat16).to(torch::kDouble);
  const auto residual = normal(test.shape, 2).to(torch::kBFloat16).to(torch::kDouble);
  norm->to(torch::kDouble);
  const auto expected =
      batch_norm(norm, x, test.activation, test.residual ? residual : torch::Tensor());
  EXPECT_LT(
      ((actual.y.to(torch::kDouble) - expected).abs() / (expected.abs() + 1)).max().item<double>(),
      0.004);
}

INSTANTIATE_TEST_SUITE_P(
    All, BatchNorm,
    testing::Values(Case{"plain", {3, 5, 4, 7}, Activation::kNone, false},
                    Case{"relu", {3, 5, 4, 7}, Activation::kRelu, false},
                    Case{"residual", {3, 5, 4, 7}, Activation::kNone, true},
                    Case{"residual_relu", {3, 5, 4, 7}, Activation::kRelu, true},
                    Case{"many_rows", {4, 16, 13, 11}, Activation::kRelu, false},
                    Case{"many_rows_residual", {4, 40, 13, 11}, Activation::kRelu, true}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(BatchNormEval, UsesTheRunningStatistics) {
  auto norm = norm_of(7);
  norm->eval();
  const auto x = input({2, 7, 5, 3}, 1).to(torch::kFloat),
             r = normal({2, 7, 5, 3}, 2).to(torch::kFloat);
  const auto expected = batch_norm(norm, x, Activation::kRelu, r);  // gradients: the operators
  const torch::NoGradGuard no_grad;
  EXPECT_LT(largest_difference(batch_norm(norm, x, Activation::kRelu, r), expected), 1e-5);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 0);
}

TEST(BatchNormThreads, DoNotChangeABit) {
  const Case test{"", {4, 16, 23, 19}, Activation::kRelu, true};
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = through(test, torch::kFloat, torch::kFloat);
  at::set_num_threads(3);
  const auto three = through(test, torch::kFloat, torch::kFloat);
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(one.y, three.y));
  for (size_t i = 0; i < one.gradients.size(); ++i) {
    EXPECT_TRUE(torch::equal(one.gradients[i], three.gradients[i])) << i;
  }
}

TEST(BatchNormNan, IsNotHidden) {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    auto norm = norm_of(2);
    norm->eval();
    auto x = normal({1, 2, 2, 2}, 1).to(type);
    x[0][1][0][1] = std::numeric_limits<double>::quiet_NaN();
    const torch::NoGradGuard no_grad;
    const auto y = batch_norm(norm, x, Activation::kRelu);
    EXPECT_EQ(y.isnan().sum().item<int64_t>(), 1);
    EXPECT_TRUE(y[0][1][0][1].isnan().item<bool>());
  }
}

}  // namespace
}  // namespace clipstill::nn
