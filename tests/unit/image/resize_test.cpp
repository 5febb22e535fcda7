#include "image/resize.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "core/random.h"

namespace clipstill::image {
namespace {

constexpr Filter kFilters[] = {Filter::kNearest, Filter::kBilinear, Filter::kBicubic,
                               Filter::kLanczos};

Image noise(int width, int height, int channels) {
  Rng rng{static_cast<uint64_t>(width), static_cast<uint64_t>(height)};
  Image image(width, height, channels);
  for (auto& value : image.pixels) value = static_cast<uint8_t>(rng.below(256));
  return image;
}

Image row_of(std::vector<uint8_t> values) {
  Image image(static_cast<int>(values.size()), 1, 1);
  image.pixels = std::move(values);
  return image;
}

TEST(Resize, BilinearHalvesByTheTriangle) {
  // Scale 2: the triangle reaches two source pixels each way. First output, centre 1: weights
  // 3/8, 3/8, 1/8 on pixels 0, 1, 2, divided by their sum of 7/8.
  const auto half = resize(row_of({70, 140, 210, 0}), 2, 1, Filter::kBilinear);
  EXPECT_EQ(half.pixels[0], 120);  // (3 x 70 + 3 x 140 + 210) / 7
  EXPECT_EQ(half.pixels[1], 110);  // (140 + 3 x 210 + 3 x 0) / 7
}

TEST(Resize, BicubicDoublesWithItsNegativeLobe) {
  // Output 3 has its centre at 1.75: distances 1.25, 0.25, 0.75, 1.75 to pixels 0 to 3; with
  // a = -0.5 the weights are -0.0703125, 0.8671875, 0.2265625, -0.0234375.
  const auto doubled = resize(row_of({0, 64, 128, 0}), 8, 1, Filter::kBicubic);
  EXPECT_EQ(doubled.pixels[3], 85);  // 64 x 0.8671875 + 128 x 0.2265625 = 84.5
}

TEST(Resize, KeepsPlainColoursOfEverySize) {
  for (const int channels : {1, 3, 4}) {
    Image plain(9, 5, channels);
    std::ranges::fill(plain.pixels, uint8_t{200});
    if (channels == 4) {
      for (size_t i = 3; i < plain.pixels.size(); i += 4) plain.pixels[i] = 255;
    }
    for (const auto filter : kFilters) {
      for (const auto& [width, height] : {std::pair{1, 1}, {23, 2}, {4, 17}}) {
        const auto result = resize(plain, width, height, filter);
        for (size_t i = 0; i < result.pixels.size(); ++i) {
          EXPECT_EQ(result.pixels[i], channels == 4 && i % 4 == 3 ? 255 : 200);
        }
      }
    }
  }
}

TEST(Resize, TransparentPixelsGiveNoColour) {
  Image image(4, 1, 4);
  image.pixels = {255, 0, 0, 255, 255, 0, 0, 255, 0, 255, 0, 0, 0, 255, 0, 0};
  const auto half = resize(image, 2, 1, Filter::kBilinear);
  EXPECT_EQ(half.pixels[0], 255);
  EXPECT_EQ(half.pixels[1], 0);  // no green bleeds out of the invisible half
  EXPECT_EQ(half.pixels[5], 0);
}

TEST(Resize, CroppingWhileResizingChangesNothing) {
  const auto source = noise(40, 31, 3);
  for (const auto filter : kFilters) {
    for (const auto& [width, height] :
         {std::pair{20, 15}, {40, 31}, {91, 64}, {40, 20}, {13, 31}}) {
      const auto whole = crop(resize(source, width, height, filter), 3, 2, 9, 11);
      EXPECT_EQ(resize_and_crop(source, width, height, filter, 3, 2, 9, 11).pixels, whole.pixels)
          << width << " x " << height;
    }
  }
}

TEST(Resize, VeryLongPicturesNeedOnlyTheirCrop) {
  const auto source = noise(1, 60'000, 3);  // resized as a whole it would take 9 GB
  const auto result =
      resize_and_crop(source, 224, 224 * 60'000, Filter::kBicubic, 0, 6'719'888, 224, 224);
  EXPECT_EQ(result.width, 224);
  EXPECT_EQ(result.height, 224);
}

TEST(Resize, RefusesBoxesOutsideTheImage) {
  const auto source = noise(8, 6, 3);
  const Box bad[] = {{-1, 0, 8, 6}, {0, 0, 8.5, 6}, {4, 0, 4, 6}, {0, 5, 8, 2}};
  for (const auto& box : bad) {
    expect_error(ErrorCode::kUsage, {"8 x 6"},
                 [&] { resize(source, 4, 4, Filter::kBicubic, box); });
  }
  expect_error(ErrorCode::kUsage, {"0 x 4"}, [&] { resize(source, 0, 4, Filter::kBicubic); });
  expect_error(ErrorCode::kUsage, {"crop"}, [&] { crop(source, 5, 0, 4, 4); });
  expect_error(ErrorCode::kUsage, {"crop"},
               [&] { resize_and_crop(source, 10, 10, Filter::kBicubic, 4, 0, 7, 4); });
}

}  // namespace
}  // namespace clipstill::image
