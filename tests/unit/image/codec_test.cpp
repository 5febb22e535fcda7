#include "image/codec.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "core/bytes.h"
#include "image_files.h"

namespace clipstill::image {
namespace {

using namespace std::string_view_literals;

Image ramp(int width, int height, int channels) {
  Image image(width, height, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<uint8_t>(i * 37 + i / 11);
  }
  return image;
}

TEST(Codec, TellsTheFormatByContent) {
  EXPECT_EQ(detect_format(encoded_image("grey.jpg").span()), Format::kJpeg);
  EXPECT_EQ(detect_format(encoded_image("grey.png").span()), Format::kPng);
  EXPECT_EQ(detect_format(encoded_image("lossy.webp").span()), Format::kWebp);
  EXPECT_EQ(detect_format(bytes_of("<?xml version='1.0'?><svg/>"sv)), Format::kSvg);
  EXPECT_EQ(detect_format(bytes_of("GIF89a"sv)), Format::kUnknown);
  EXPECT_EQ(detect_format({}), Format::kUnknown);
}

TEST(Codec, NamesWhatIsNoImage) {
  expect_error(ErrorCode::kBadData, {"a.gif", "JPEG, PNG or WebP", "47 49 46 38"},
               [] { decode(bytes_of("GIF89a"sv), "a.gif"); });
  expect_error(ErrorCode::kBadData, {"none", "empty"}, [] { decode({}, "none"); });
  expect_error(ErrorCode::kBadData, {"a.svg", "SVG"},
               [] { decode(bytes_of("<svg/>"sv), "a.svg"); });
  expect_error(ErrorCode::kBadData, {"b", "JPEG, PNG or WebP"},
               [] { probe_size(bytes_of("BM........"sv), "b"); });
}

TEST(Codec, PngRoundTripKeepsEveryValue) {
  for (const int channels : {1, 3, 4}) {
    const auto image = ramp(19, 7, channels);
    const auto again = decode(bytes_of(encode_png(image)), "round trip");
    EXPECT_EQ(again.width, 19);
    EXPECT_EQ(again.height, 7);
    EXPECT_EQ(again.channels, channels);
    EXPECT_EQ(again.pixels, image.pixels);
  }
}

TEST(Codec, ToRgbReplicatesGreyAndDropsAlpha) {
  Image grey(2, 1, 1);
  grey.pixels = {7, 200};
  EXPECT_EQ(to_rgb(grey).pixels, (std::vector<uint8_t>{7, 7, 7, 200, 200, 200}));
  Image rgba(1, 1, 4);
  rgba.pixels = {10, 20, 30, 0};
  EXPECT_EQ(to_rgb(rgba).pixels, (std::vector<uint8_t>{10, 20, 30}));
}

TEST(Codec, FlattenBlendsOverTheGround) {
  Image rgba(3, 1, 4);
  rgba.pixels = {10, 20, 30, 0, 10, 20, 30, 255, 100, 0, 50, 51};
  // The last pixel: 0.2 x colour + 0.8 x ground, rounded.
  EXPECT_EQ(flatten(rgba, 255, 200, 1).pixels,
            (std::vector<uint8_t>{255, 200, 1, 10, 20, 30, 224, 160, 11}));
}

TEST(Codec, LimitsAreCheckedFromTheHeader) {
  for (const auto& image : encoded_images()) {
    const auto size = probe_size(image.span(), image.name);
    const auto pixels = static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height);
    EXPECT_NO_THROW(decode(image.span(), image.name, {.max_pixels = pixels}));
    expect_error(ErrorCode::kBadData,
                 {image.name, std::to_string(size.width), std::to_string(size.height), "limit of"},
                 [&] { decode(image.span(), image.name, {.max_pixels = pixels - 1}); });
  }
  const auto image = encoded_image("grey.png");
  expect_error(ErrorCode::kBadData, {"grey.png", "limit of 10"},
               [&] { decode(image.span(), image.name, {.max_bytes = 10}); });
}

}  // namespace
}  // namespace clipstill::image
