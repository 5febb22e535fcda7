#include "image/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "image/affine.h"
#include "image/codec.h"

namespace clipstill::image {
namespace {

AugmentPolicy nothing() {
  AugmentPolicy p;
  p.background = p.rotate_degrees = p.shear = p.translate = 0;
  p.crop_scale_min = p.crop_scale_max = p.crop_ratio = 1;
  p.brightness = p.contrast = p.saturation = p.hue = p.greyscale = p.blur = p.flip = 0;
  return p;
}

Preprocess of_size(int size) {
  Preprocess evaluation;
  evaluation.size = size;
  return evaluation;
}

Image picture(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        const double wave = std::sin(0.3 * x * (c + 1)) + std::cos(0.2 * y + c);
        image.row(y)[x * channels + c] = static_cast<uint8_t>(127.5 + 60 * wave);
      }
    }
  }
  return image;
}

// Red rises with x and green with y, so that a pixel tells where it came from.
Image coordinates(int size) {
  Image image(size, size, 3);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      image.row(y)[3 * x] = static_cast<uint8_t>(255 * x / (size - 1));
      image.row(y)[3 * x + 1] = static_cast<uint8_t>(255 * y / (size - 1));
    }
  }
  return image;
}

TEST(Augment, ZeroStrengthsGiveTheEvaluationPath) {
  for (const auto& source : {picture(64, 64, 4), picture(90, 61, 4), picture(30, 200, 3),
                             picture(47, 47, 1), picture(64, 64, 3)}) {
    const auto expect = [&](const Preprocess& evaluation, const Image& pixels) {
      EXPECT_EQ(augment(source, nothing(), evaluation, 1, 2, 3).pixels, pixels.pixels);
    };
    const auto white = flatten(source, 255, 255, 255);
    auto evaluation = of_size(64);
    expect(evaluation, fit(white, 64, ResizeMode::kShortestEdge, Filter::kBicubic));
    evaluation.blend_alpha = false;
    expect(evaluation, fit(to_rgb(source), 64, ResizeMode::kShortestEdge, Filter::kBicubic));
    evaluation = of_size(64);  // as SigLIP's
    evaluation.resize_mode = ResizeMode::kStretch;
    evaluation.filter = Filter::kBilinear;
    expect(evaluation, resize(white, 64, 64, Filter::kBilinear));
  }
}

TEST(Augment, IsAFunctionOfItsKey) {
  const auto source = picture(64, 64, 4);
  const AugmentPolicy policy;
  const auto once = augment(source, policy, of_size(64), 1, 2, 3).pixels;
  EXPECT_EQ(augment(source, policy, of_size(64), 1, 2, 3).pixels, once);
  EXPECT_NE(augment(source, policy, of_size(64), 9, 2, 3).pixels, once);
  EXPECT_NE(augment(source, policy, of_size(64), 1, 9, 3).pixels, once);
  EXPECT_NE(augment(source, policy, of_size(64), 1, 2, 9).pixels, once);
}

TEST(Augment, EveryStrengthActs) {
  const auto source = picture(64, 64, 4);
  const auto plain = augment(source, nothing(), of_size(64), 1, 2, 3).pixels;
  const auto expect_acts = [&](auto set) {
    auto policy = nothing();
    set(policy);
    int changed = 0;
    for (uint64_t view = 0; view < 20; ++view) {
      changed += augment(source, policy, of_size(64), 1, 2, view).pixels != plain;
    }
    EXPECT_GE(changed, 15) << policy.fingerprint();
    EXPECT_NE(policy.fingerprint(), nothing().fingerprint());
  };
  expect_acts([](auto& p) { p.background = 1; });
  expect_acts([](auto& p) { p.rotate_degrees = 20; });
  expect_acts([](auto& p) { p.shear = 0.3; });
  expect_acts([](auto& p) { p.translate = 0.2; });
  expect_acts([](auto& p) { p.crop_scale_min = 0.3; });
  expect_acts([](auto& p) { p.crop_scale_max = 2; });
  expect_acts([](auto& p) { p.crop_ratio = 1.5; });
  expect_acts([](auto& p) { p.brightness = 0.5; });
  expect_acts([](auto& p) { p.contrast = 0.5; });
  expect_acts([](auto& p) { p.saturation = 0.5; });
  expect_acts([](auto& p) { p.hue = 0.2; });
  expect_acts([](auto& p) { p.greyscale = 1; });
  expect_acts([](auto& p) { p.blur = 1; });
  expect_acts([](auto& p) { p.flip = 1; });
}

TEST(Augment, FlipIsTheMirrorImage) {
  const auto source = picture(32, 32, 3);
  auto policy = nothing();
  policy.flip = 1;
  const auto mirrored = augment(source, policy, of_size(32), 1, 2, 3);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      ASSERT_EQ(mirrored.row(y)[3 * x], source.row(y)[3 * (31 - x)]) << x << ", " << y;
    }
  }
}

TEST(Augment, MeanCropAreaIsTheMiddleOfItsRange) {
  const auto source = coordinates(200);
  auto policy = nothing();
  policy.crop_scale_min = 0.2;
  policy.crop_scale_max = 0.8;
  double area = 0, smallest = 1, largest = 0;
  constexpr int kViews = 400;
  for (uint64_t view = 0; view < kViews; ++view) {
    const auto crop = augment(source, policy, of_size(32), 5, 6, view);
    const double width = (crop.row(16)[3 * 31] - crop.row(16)[0]) / 255.0 * 32 / 31;
    const double height = (crop.row(31)[3 * 16 + 1] - crop.row(0)[3 * 16 + 1]) / 255.0 * 32 / 31;
    area += width * height / kViews;
    smallest = std::min(smallest, width * height);
    largest = std::max(largest, width * height);
  }
  EXPECT_NEAR(area, 0.5, 0.03);  // standard error of the mean: 0.009
  EXPECT_NEAR(smallest, 0.2, 0.02);
  EXPECT_NEAR(largest, 0.8, 0.02);
}

TEST(Augment, TransparentPixelsShowTheBackgroundAndOpaqueOnesDoNot) {
  auto policy = nothing();
  policy.background = 1;
  const Image clear(16, 16, 4);
  const auto ground = augment(clear, policy, of_size(16), 1, 2, 3);
  EXPECT_NE(ground.pixels, std::vector<uint8_t>(ground.pixels.size(), 255));
  Image opaque = clear;
  for (size_t i = 3; i < opaque.pixels.size(); i += 4) opaque.pixels[i] = 255;
  const auto shown = augment(opaque, policy, of_size(16), 1, 2, 3);
  EXPECT_EQ(shown.pixels, std::vector<uint8_t>(shown.pixels.size(), 0));
}

TEST(Augment, BackgroundsAppearAtTheirProbability) {
  auto policy = nothing();
  policy.background = 0.25;
  const Image clear(4, 4, 4);
  int white = 0;
  for (uint64_t view = 0; view < 1000; ++view) {
    white += augment(clear, policy, of_size(4), 1, 2, view).pixels == std::vector<uint8_t>(48, 255);
  }
  EXPECT_NEAR(white, 750, 50);  // 3.7 standard deviations
}

TEST(Augment, ShrinkingDoesNotAlias) {
  Image board(256, 256, 3);  // squares of one pixel: grey once averaged
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 256; ++x) {
      for (int c = 0; c < 3; ++c) board.row(y)[3 * x + c] = (x + y) % 2 == 0 ? 255 : 0;
    }
  }
  auto policy = nothing();
  policy.rotate_degrees = 15;
  for (uint64_t view = 0; view < 20; ++view) {
    const auto small = augment(board, policy, of_size(64), 1, 2, view);
    for (int y = 16; y < 48; ++y) {
      for (int x = 16; x < 48; ++x) ASSERT_NEAR(small.row(y)[3 * x], 127, 4);
    }
  }
}

TEST(Augment, TakesEveryShapeAndChannelCount) {
  AugmentPolicy policy;
  policy.crop_scale_max = 2;
  for (const int channels : {1, 3, 4}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {300, 1}, {5, 3}, {640, 480}}) {
      for (uint64_t view = 0; view < 10; ++view) {
        const auto result =
            augment(picture(width, height, channels), policy, of_size(32), 1, 2, view);
        EXPECT_EQ(result.pixels.size(), 3u * 32 * 32);
      }
    }
  }
}

TEST(Affine, QuarterTurnMovesPixelsExactly) {
  const auto source = coordinates(9);
  const Affine quarter{{0, 0, 9, 9}, 0, -1, 1, 0};  // (u, v) -> (-v, u)
  const auto turned = sample_affine(source, quarter, 9);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 9; ++x) {
      EXPECT_NEAR(turned.plane(0)[y * 9 + x], source.row(x)[3 * (8 - y)], 0.01);
      EXPECT_NEAR(turned.plane(1)[y * 9 + x], source.row(x)[3 * (8 - y) + 1], 0.01);
    }
  }
}

TEST(Affine, OutsideIsClearWithAlphaAndRepeatedWithout) {
  Image rgba(4, 4, 4);
  std::ranges::fill(rgba.pixels, uint8_t{255});
  const Affine wide{{-4, -4, 8, 8}};
  EXPECT_EQ(sample_affine(rgba, wide, 12).plane(3)[0], 0);
  Image rgb(4, 4, 3);
  std::ranges::fill(rgb.pixels, uint8_t{255});
  EXPECT_EQ(sample_affine(rgb, wide, 12).plane(0)[0], 255);
}

TEST(Affine, ColourComesBackPremultiplied) {
  Image source(2, 1, 4);
  source.pixels = {200, 0, 0, 255, 0, 255, 0, 0};  // red, and green that is invisible
  const auto middle = sample_affine(source, {{0.5, 0, 1.5, 1}}, 1);
  EXPECT_FLOAT_EQ(middle.plane(0)[0], 100);
  EXPECT_FLOAT_EQ(middle.plane(1)[0], 0);
  EXPECT_FLOAT_EQ(middle.plane(3)[0], 127.5);
}

TEST(AugmentOptions, EveryFieldIsDeclaredWithItsRange) {
  AugmentPolicy policy;
  OptionSet set;
  declare_options(set, "augment", policy);
  EXPECT_EQ(set.specs().size(), sizeof(AugmentPolicy) / sizeof(double));
  for (const auto& spec : set.specs()) EXPECT_TRUE(spec->minimum && spec->maximum) << spec->key;
  set.assign_override("augment.hue=0.25");
  EXPECT_EQ(policy.hue, 0.25);
  EXPECT_THROW(set.assign_override("augment.hue=0.75"), Error);
}

}  // namespace
}  // namespace clipstill::image
