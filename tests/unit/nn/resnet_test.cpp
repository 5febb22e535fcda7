// The convolutional towers against plain loops, in eval mode.
#include <gtest/gtest.h>

#include "nn/image_tower.h"
#include "reference.h"
#include "tensors.h"

namespace clipstill::nn {
namespace {

Planes planes(const torch::Tensor& image) {  // [1, C, S, S]
  Planes out;
  for (int64_t c = 0; c < image.size(1); ++c) out.push_back(matrix(image[0][c]));
  return out;
}

void expect_near(const torch::Tensor& actual, const Vector& expected) {
  const auto numbers = values(actual);
  ASSERT_EQ(numbers.size(), expected.size());
  for (size_t i = 0; i < numbers.size(); ++i) EXPECT_NEAR(numbers[i], expected[i], 1e-9) << i;
}

Planes conv_bn(const Weights& weights, const std::string& name, const Planes& x, size_t out,
               size_t kernel, size_t stride) {
  return batch_norm(weights, name + ".bn", conv(weights, name + ".conv", x, out, kernel, stride));
}

std::shared_ptr<ImageTower> tower_of(const std::string& arch, int64_t size, int64_t width) {
  ImageTowerOptions options;
  options.arch = arch;
  options.size = size;
  options.width = width;
  options.blocks = {1, 1};
  auto tower = make_image_tower(options);
  tower->to(torch::kDouble);
  randomise(*tower, 1);
  tower->eval();
  return tower;
}

TEST(ResNet, EqualsPlainLoops) {
  const auto tower = tower_of("resnet", /*size=*/8, /*width=*/3);
  const auto weights = weights_of(*tower);
  const auto image = normal({1, 3, 8, 8}, 2);
  auto x = relu(conv_bn(weights, "stem", planes(image), 3, 3, 2));
  auto y = relu(conv_bn(weights, "blocks.0.conv1", x, 3, 3, 1));
  x = relu(add(x, conv_bn(weights, "blocks.0.conv2", y, 3, 3, 1)));
  y = relu(conv_bn(weights, "blocks.1.conv1", x, 6, 3, 2));
  x = relu(add(conv_bn(weights, "blocks.1.shortcut", halve(x), 6, 1, 1),
               conv_bn(weights, "blocks.1.conv2", y, 6, 3, 1)));
  expect_near(tower->forward(image), pool(x));
}

TEST(ResNet, BlocksStartAsTheIdentity) {
  ImageTowerOptions options;
  options.size = 8;
  options.width = 3;
  options.blocks = {2};
  const auto tower = make_image_tower(options);
  tower->to(torch::kDouble);
  tower->eval();
  const auto image = normal({1, 3, 8, 8}, 3);
  const auto stem = relu(conv_bn(weights_of(*tower), "stem", planes(image), 3, 3, 2));
  expect_near(tower->forward(image), pool(stem));
}

TEST(SeedConv, EqualsPlainLoops) {
  const auto tower = tower_of("seed_conv", /*size=*/14, /*width=*/8);
  const auto image = normal({1, 3, 14, 14}, 4);
  const auto halves = halve(relu(conv(weights_of(*tower), "conv", planes(image), 64, 3, 1)));
  Vector expected;  // [64, 7, 7]
  for (const auto& plane : halves) {
    for (const auto& row : plane) expected.insert(expected.end(), row.begin(), row.end());
  }
  expect_near(tower->forward(image), expected);
}

}  // namespace
}  // namespace clipstill::nn
