#include "nn/rep_conv.h"

#include <gtest/gtest.h>

#include "tensors.h"

namespace clipstill::nn {
namespace {

struct FoldCase {
  const char* name;
  ConvBnOptions options;
  std::vector<std::string> branches;
};

class RepConvFold : public testing::TestWithParam<FoldCase> {};

/// The rectified sum of the branches, each found by its name, with running statistics.
torch::Tensor sum_of_branches(RepConv& module, const torch::Tensor& x) {
  torch::Tensor sum;
  for (const auto& child : module->named_children()) {
    const auto y = child.key() == "identity"
                       ? child.value()->as<torch::nn::BatchNorm2d>()->forward(x)
                       : child.value()->as<ConvBn>()->forward(x);
    sum = sum.defined() ? sum + y : y;
  }
  return sum.relu();
}

TEST_P(RepConvFold, EqualsTheSumOfTheBranches) {
  RepConv module(GetParam().options);
  randomise(*module, 1);
  module->eval();
  std::vector<std::string> branches;
  for (const auto& child : module->named_children()) branches.push_back(child.key());
  EXPECT_EQ(branches, GetParam().branches);
  for (const int64_t edge : {8, 7}) {
    const auto x = normal({2, GetParam().options.in, edge, edge}, 2).to(torch::kFloat);
    const auto expected = sum_of_branches(module, x);
    const auto actual = module->forward(x);
    ASSERT_EQ(actual.sizes(), expected.sizes());
    EXPECT_LT(largest_difference(actual, expected), 1e-5) << "edge " << edge;
    EXPECT_GT(expected.abs().max().item<double>(), 0.1);
  }
}

TEST_P(RepConvFold, TrainingSumsTheBranchesOverTheBatch) {
  RepConv module(GetParam().options);
  randomise(*module, 3);
  const auto x = normal({2, GetParam().options.in, 6, 6}, 4).to(torch::kFloat);
  // Batch statistics do not depend on the running ones, which the first pass moves.
  EXPECT_LT(largest_difference(module->forward(x), sum_of_branches(module, x)), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    All, RepConvFold,
    testing::Values(FoldCase{"dense", {4, 4, 3, 1, 1}, {"main", "point", "identity"}},
                    FoldCase{"depthwise", {6, 6, 3, 1, 6}, {"main", "point", "identity"}},
                    FoldCase{"grouped", {6, 6, 3, 1, 3}, {"main", "point", "identity"}},
                    FoldCase{"depthwise_stride_2", {6, 6, 3, 2, 6}, {"main", "point"}},
                    FoldCase{"dense_stride_2", {3, 8, 3, 2, 1}, {"main", "point"}},
                    FoldCase{"grouped_stride_2", {4, 8, 3, 2, 2}, {"main", "point"}},
                    FoldCase{"kernel_5", {4, 4, 5, 1, 2}, {"main", "point", "identity"}},
                    FoldCase{"pointwise", {4, 4, 1, 1, 1}, {"main", "identity"}},
                    FoldCase{"pointwise_wider", {4, 6, 1, 1, 1}, {"main"}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(RepConv, FoldsAKnownCase) {
  RepConv module(ConvBnOptions{1, 1, 3, 1, 1});
  torch::NoGradGuard no_grad;
  for (const auto& item : module->named_parameters()) item.value().fill_(1.0);
  for (const auto& item : module->named_buffers()) {
    if (item.key().ends_with("running_mean")) item.value().fill_(2.0);
    if (item.key().ends_with("running_var")) item.value().fill_(4.0 - 1e-5);
  }
  // Each branch: weight 1 / sqrt(4), bias 1 - 2 / sqrt(4) = 0; three branches meet in the centre.
  const auto [weight, bias] = module->folded();
  const Vector expected{0.5, 0.5, 0.5, 0.5, 1.5, 0.5, 0.5, 0.5, 0.5};
  const auto actual = values(weight);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-6) << i;
  EXPECT_NEAR(bias.item<double>(), 0.0, 1e-6);
}

}  // namespace
}  // namespace clipstill::nn
