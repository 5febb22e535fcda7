#include "nn/image_tower.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "tensors.h"

namespace clipstill::nn {
namespace {

ImageTowerOptions small(const std::string& arch) {
  ImageTowerOptions options;
  options.arch = arch;
  options.size = 16;
  options.width = 8;
  options.blocks = {1, 2};
  options.patch = 4;
  options.head_width = 4;
  return options;
}

class EveryImageTower : public testing::TestWithParam<std::string> {};

TEST_P(EveryImageTower, GivesOneRowAnImage) {
  const std::map<std::string, int64_t> widths{
      {"resnet", 16},  {"mobile", 16},    {"vit", 8},         {"seed_conv", 64 * 7 * 7},
      {"clip_vit", 8}, {"siglip_vit", 8}, {"clip_resnet", 64}};
  const auto tower = make_image_tower(small(GetParam()));
  const auto images = normal({3, 3, 16, 16}, 1).to(torch::kFloat);
  EXPECT_EQ(tower->feature_width(), widths.at(GetParam()));
  for (const bool training : {true, false}) {
    tower->train(training);
    EXPECT_EQ(tower->forward(images).sizes(), (std::vector<int64_t>{3, widths.at(GetParam())}));
  }
}

TEST_P(EveryImageTower, GradientsReachEveryParameter) {
  const auto tower = make_image_tower(small(GetParam()));
  randomise(*tower, 2);  // at the start, a block's second convolution is switched off
  const auto features = tower->forward(normal({3, 3, 16, 16}, 3).to(torch::kFloat));
  EXPECT_EQ(parameters_without_gradient(*tower, features), std::vector<std::string>{});
}

TEST_P(EveryImageTower, ImagesDoNotMixInEvalMode) {
  const auto tower = make_image_tower(small(GetParam()));
  randomise(*tower, 4);
  tower->eval();
  const auto images = normal({3, 3, 16, 16}, 5).to(torch::kFloat);
  const auto together = tower->forward(images);
  for (int64_t i = 0; i < 3; ++i) {
    const auto alone = tower->forward(images.narrow(0, i, 1));
    EXPECT_LT(largest_difference(alone[0], together[i]),
              1e-5 * std::max(1.0, together.abs().max().item<double>()));
  }
  EXPECT_GT(largest_difference(together[0], together[1]), 1e-2);
}

TEST_P(EveryImageTower, SeesEveryPixel) {
  const auto tower = make_image_tower(small(GetParam()));
  randomise(*tower, 6);
  tower->eval();
  const auto images = normal({1, 3, 16, 16}, 7).to(torch::kFloat).requires_grad_();
  const auto features = tower->forward(images);
  (features * normal(features.sizes(), 8)).sum().backward();
  // ReLU may leave a few pixels without effect, not a whole row or column.
  EXPECT_GT(images.grad().abs().sum({0, 1, 2}).min().item<double>(), 0);
  EXPECT_GT(images.grad().abs().sum({0, 1, 3}).min().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, EveryImageTower, testing::ValuesIn(image_tower_names()),
                         [](const auto& test) { return test.param; });

TEST(ImageTower, NamesAreKnown) {
  EXPECT_EQ(image_tower_names(), (StringList{"resnet", "mobile", "vit", "clip_vit", "siglip_vit",
                                             "clip_resnet", "seed_conv"}));
  expect_error(ErrorCode::kUsage, {"image tower", "\"resnett\"", "nearest: resnet", "mobile, vit"},
               [] { make_image_tower(small("resnett")); });
}

// Published models have such sizes (384 pixels in patches of 14): the border is not seen.
TEST(ImageTower, PublishedTransformersCutTheBorderOff) {
  for (const char* arch : {"clip_vit", "siglip_vit"}) {
    auto options = small(arch);
    options.size = 18;
    const auto tower = make_image_tower(options);
    auto images = normal({1, 3, 18, 18}, 9).to(torch::kFloat);
    const auto before = tower->forward(images);
    images.narrow(3, 16, 2).fill_(5);
    EXPECT_TRUE(torch::equal(tower->forward(images), before)) << arch;
  }
}

TEST(ImageTower, SizesThatDoNotFitAreRefused) {
  auto options = small("vit");
  options.size = 18;
  expect_error(ErrorCode::kUsage, {"vit", "size 18", "patch 4"},
               [&] { make_image_tower(options); });
  options = small("vit");
  options.head_width = 3;
  expect_error(ErrorCode::kUsage, {"vit", "width 8", "head_width 3"},
               [&] { make_image_tower(options); });
  options = small("clip_resnet");
  options.size = 20;
  expect_error(ErrorCode::kUsage, {"clip_resnet", "size 20", "multiple of 8"},
               [&] { make_image_tower(options); });
  options = small("resnet");
  options.blocks = {1, 1, 1};
  options.size = 20;  // 20, 10, 5, and 5 does not halve
  expect_error(ErrorCode::kUsage, {"resnet", "size 20", "multiple of 8"},
               [&] { make_image_tower(options); });
}

TEST(ImageTower, AnyMobileSizeFits) {
  auto options = small("mobile");
  options.size = 19;
  const auto tower = make_image_tower(options);
  EXPECT_EQ(tower->forward(torch::zeros({2, 3, 19, 19})).sizes(), (std::vector<int64_t>{2, 16}));
}

TEST(ImageTower, OptionsAreDeclaredUnderThePrefix) {
  ImageTowerOptions options;
  OptionSet set;
  declare_options(set, "model.image", options);
  for (const auto* assignment :
       {"model.image.arch=vit", "model.image.size=96", "model.image.width=24",
        "model.image.blocks=[3, 4]", "model.image.patch=6", "model.image.head_width=12"}) {
    set.assign_override(assignment);
  }
  EXPECT_EQ(options.arch, "vit");
  EXPECT_EQ(options.size, 96);
  EXPECT_EQ(options.width, 24);
  EXPECT_EQ(options.blocks, (NumberList{3, 4}));
  EXPECT_EQ(options.patch, 6);
  EXPECT_EQ(options.head_width, 12);
  expect_error(ErrorCode::kUsage, {"model.image.arch", "vut"},
               [&] { set.assign_override("model.image.arch=vut"); });
}

}  // namespace
}  // namespace clipstill::nn
