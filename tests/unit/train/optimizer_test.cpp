#include "train/optimizer.h"

#include <gtest/gtest.h>

namespace clipstill::train {
namespace {

LoopOptions constant_rate(double lr) {
  LoopOptions o;
  o.lr = o.min_lr = lr;
  o.warmup = 0;
  o.clip_norm = 0;
  return o;
}

torch::Tensor parameter(const torch::Tensor& values) {
  return values.clone().set_requires_grad(true);
}

void set_gradient(torch::Tensor tensor, const torch::Tensor& gradient) {
  tensor.mutable_grad() = gradient.clone();
}

TEST(LearningRate, ByHand) {
  LoopOptions o;
  o.lr = 1;
  o.min_lr = 0.1;
  o.warmup = 4;
  o.steps = 14;
  EXPECT_DOUBLE_EQ(learning_rate(o, 0), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate(o, 2), 0.75);
  EXPECT_DOUBLE_EQ(learning_rate(o, 3), 1);
  EXPECT_DOUBLE_EQ(learning_rate(o, 4), 1);
  EXPECT_NEAR(learning_rate(o, 9), 0.55, 1e-12);       // half of the cosine
  EXPECT_NEAR(learning_rate(o, 13), 0.1220245, 1e-6);  // 0.1 + 0.45 (1 + cos 0.9 pi)
  EXPECT_NEAR(learning_rate(o, 14), 0.1, 1e-12);
  EXPECT_NEAR(learning_rate(o, 99), 0.1, 1e-12);
}

TEST(LearningRate, WithoutWarmUpAndWithNothingElse) {
  LoopOptions o;
  o.lr = 2;
  o.warmup = 0;
  o.steps = 10;
  EXPECT_DOUBLE_EQ(learning_rate(o, 0), 2);
  EXPECT_NEAR(learning_rate(o, 5), 1, 1e-12);
  o.warmup = 20;  // longer than the run
  EXPECT_DOUBLE_EQ(learning_rate(o, 9), 1);
}

TEST(AdamW, TwoStepsByHand) {
  const auto matrix = parameter(torch::ones({1, 1})), vector = parameter(torch::ones({1}));
  auto options = constant_rate(0.1);
  options.weight_decay = 0.1;
  options.beta1 = 0.9;
  options.beta2 = 0.98;
  AdamW adam({{"matrix", matrix}, {"vector", vector}}, options);
  // Gradient 0.5: m = 0.05, v = 0.005; corrected 0.5 and 0.25; the update is lr x 0.5 / 0.5.
  set_gradient(matrix, torch::full({1, 1}, 0.5));
  set_gradient(vector, torch::full({1}, 0.5));
  EXPECT_NEAR(adam.step(0), std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(matrix.item<double>(), 1 * (1 - 0.1 * 0.1) - 0.1, 1e-6);
  EXPECT_NEAR(vector.item<double>(), 1 - 0.1, 1e-6);
  // Gradient -1: m = -0.055, v = 0.0249; corrected by 0.19 and 0.0396.
  set_gradient(matrix, torch::full({1, 1}, -1.0));
  set_gradient(vector, torch::full({1}, -1.0));
  adam.step(1);
  EXPECT_NEAR(matrix.item<double>(), 0.89 * 0.99 + 0.0365054, 1e-6);
  EXPECT_NEAR(vector.item<double>(), 0.9 + 0.0365054, 1e-6);
  const auto state = adam.state();
  EXPECT_EQ(state.size(), 4u);
  EXPECT_NEAR(state.at("matrix.m").item<double>(), -0.055, 1e-7);
  EXPECT_NEAR(state.at("vector.v").item<double>(), 0.0249, 1e-7);
}

TEST(AdamW, ClipsTheNormOverAllParameters) {
  const auto a = parameter(torch::zeros({1})), b = parameter(torch::zeros({1, 1}));
  auto options = constant_rate(0.1);
  options.clip_norm = 1;
  AdamW adam({{"a", a}, {"b", b}}, options);
  set_gradient(a, torch::full({1}, 3.0));
  set_gradient(b, torch::full({1, 1}, -4.0));
  EXPECT_NEAR(adam.step(0), 5, 1e-6);
  EXPECT_NEAR(adam.state().at("a.m").item<double>(), 0.1 * 0.6, 1e-6);
  EXPECT_NEAR(adam.state().at("b.m").item<double>(), 0.1 * -0.8, 1e-6);
  // Below the limit nothing changes.
  AdamW small({{"a", a}, {"b", b}}, options);
  set_gradient(a, torch::full({1}, 0.3));
  set_gradient(b, torch::full({1, 1}, 0.4));
  EXPECT_NEAR(small.step(0), 0.5, 1e-6);
  EXPECT_NEAR(small.state().at("a.m").item<double>(), 0.03, 1e-7);
}

TEST(AdamW, ParametersWithoutAGradientStay) {
  const auto used = parameter(torch::ones({2, 2})), unused = parameter(torch::ones({2, 2}));
  AdamW adam({{"used", used}, {"unused", unused}}, constant_rate(0.1));
  set_gradient(used, torch::ones({2, 2}));
  adam.step(0);
  EXPECT_TRUE(torch::equal(unused, torch::ones({2, 2})));
  adam.zero_grad();
  EXPECT_FALSE(used.grad().defined());
}

TEST(AdamW, AgreesWithLibtorchs) {
  torch::manual_seed(3);
  const auto matrix = torch::randn({4, 3}), filter = torch::randn({2, 3, 2, 2}),
             vector = torch::randn({5}), scalar = torch::randn({});
  const std::vector<torch::Tensor> start{matrix, filter, vector, scalar};
  std::vector<torch::Tensor> ours, theirs;
  for (const auto& tensor : start) {
    ours.push_back(parameter(tensor));
    theirs.push_back(parameter(tensor));
  }
  auto options = constant_rate(3e-2);
  options.weight_decay = 0.3;
  AdamW adam({{"m", ours[0]}, {"f", ours[1]}, {"v", ours[2]}, {"s", ours[3]}}, options);
  const auto with = [&](double decay) {
    return std::make_unique<torch::optim::AdamWOptions>(torch::optim::AdamWOptions(options.lr)
                                                            .betas({options.beta1, options.beta2})
                                                            .eps(options.epsilon)
                                                            .weight_decay(decay));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<torch::Tensor>{theirs[0], theirs[1]}, with(0.3));
  groups.emplace_back(std::vector<torch::Tensor>{theirs[2], theirs[3]}, with(0));
  torch::optim::AdamW reference(groups);
  for (int64_t step = 0; step < 25; ++step) {
    for (size_t i = 0; i < start.size(); ++i) {
      const auto gradient = torch::randn_like(start[i]);
      set_gradient(ours[i], gradient);
      set_gradient(theirs[i], gradient);
    }
    adam.step(step);
    reference.step();
  }
  for (size_t i = 0; i < start.size(); ++i) {
    EXPECT_LT((ours[i] - theirs[i]).abs().max().item<double>(), 2e-6) << i;
    EXPECT_GT((ours[i] - start[i]).abs().max().item<double>(), 1e-2) << i;
  }
}

}  // namespace
}  // namespace clipstill::train
