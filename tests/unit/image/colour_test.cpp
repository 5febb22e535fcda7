#include "image/colour.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clipstill::image {
namespace {

FloatImage two_by_two() {
  FloatImage rgb(2, 3);
  std::iota(rgb.values.begin(), rgb.values.end(), 10.0f);  // planes 10-13, 14-17, 18-21
  return rgb;
}

float luma(const FloatImage& rgb, size_t i) {
  return 0.299f * rgb.plane(0)[i] + 0.587f * rgb.plane(1)[i] + 0.114f * rgb.plane(2)[i];
}

TEST(Colour, FactorOneChangesNothing) {
  auto rgb = two_by_two();
  scale_brightness(rgb, 1);
  scale_contrast(rgb, 1);
  scale_saturation(rgb, 1);
  const auto before = two_by_two();
  for (size_t i = 0; i < rgb.values.size(); ++i) EXPECT_NEAR(rgb.values[i], before.values[i], 1e-4);
}

TEST(Colour, BrightnessScalesEveryValue) {
  auto rgb = two_by_two();
  scale_brightness(rgb, 0.5);
  EXPECT_FLOAT_EQ(rgb.values[0], 5);
  EXPECT_FLOAT_EQ(rgb.values[11], 10.5);
}

TEST(Colour, NoContrastIsTheMeanLuma) {
  auto rgb = two_by_two();
  float mean = 0;
  for (size_t i = 0; i < 4; ++i) mean += luma(rgb, i) / 4;
  scale_contrast(rgb, 0);
  for (const float value : rgb.values) EXPECT_NEAR(value, mean, 1e-4);
}

TEST(Colour, NoSaturationIsTheLumaOfEachPixel) {
  auto rgb = two_by_two();
  const auto before = rgb;
  scale_saturation(rgb, 0);
  for (size_t i = 0; i < 4; ++i) {
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(rgb.plane(c)[i], luma(before, i), 1e-4);
  }
}

TEST(Colour, HueKeepsLumaAndComesBackAfterATurn) {
  auto rgb = two_by_two();
  const auto before = rgb;
  rotate_hue(rgb, 0.25);
  EXPECT_GT(std::abs(rgb.values[0] - before.values[0]), 0.5);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(luma(rgb, i), luma(before, i), 0.05);
  rotate_hue(rgb, 0.75);
  for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(rgb.values[i], before.values[i], 0.1);
}

TEST(Colour, BlurIsAGaussianAndKeepsTheSum) {
  FloatImage dot(15, 1);
  dot.values[7 * 15 + 7] = 100;
  gaussian_blur(dot, 1.0);
  EXPECT_NEAR(std::accumulate(dot.values.begin(), dot.values.end(), 0.0), 100, 1e-3);
  const float centre = dot.values[7 * 15 + 7];
  EXPECT_NEAR(dot.values[7 * 15 + 8] / centre, std::exp(-0.5), 1e-4);
  EXPECT_NEAR(dot.values[5 * 15 + 7] / centre, std::exp(-2.0), 1e-4);
}

TEST(Colour, BlurRepeatsTheBorder) {
  FloatImage plain(4, 2);
  std::ranges::fill(plain.values, 9.0f);
  gaussian_blur(plain, 2.0);
  for (const float value : plain.values) EXPECT_NEAR(value, 9, 1e-4);
}

}  // namespace
}  // namespace clipstill::image
