#include "image/preprocess.h"

#include <gtest/gtest.h>

#include "../core/deep_json.h"
#include "../core/expect_error.h"

namespace clipstill::image {
namespace {

constexpr const char* kMinimal =
    R"("resample": 3, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5])";

std::string config(const std::string& more) {
  return "{" + (kMinimal + (", " + more)) + "}";
}

Preprocess read(const std::string& more) {
  return Preprocess::from_json(config(more), "preprocessor_config.json");
}

void expect_refused(const std::string& more, const std::vector<std::string>& words) {
  SCOPED_TRACE(more);
  expect_error(ErrorCode::kBadData, words, [&] { read(more); });
}

TEST(Preprocess, ReadsBackWhatItWrites) {
  Preprocess p;
  p.size = 96;
  p.filter = Filter::kLanczos;
  p.mean = {0.1f, 0.2f, 0.3f};
  for (const auto mode : {ResizeMode::kShortestEdge, ResizeMode::kStretch}) {
    for (const bool blend : {false, true}) {
      p.resize_mode = mode;
      p.blend_alpha = blend;
      p.apply_orientation = blend;
      p.crop_rounding = blend ? CropRounding::kHalfToEven : CropRounding::kDown;
      const auto again = Preprocess::from_json(p.to_json(), "x");
      EXPECT_EQ(again.to_json(), p.to_json());
      EXPECT_EQ(again.size, 96);
      EXPECT_EQ(again.resize_mode, mode);
      EXPECT_EQ(again.filter, Filter::kLanczos);
      EXPECT_EQ(again.mean, p.mean);
      EXPECT_EQ(again.blend_alpha, blend);
      EXPECT_EQ(again.crop_rounding, p.crop_rounding);
      EXPECT_EQ(again.apply_orientation, blend);
    }
  }
}

TEST(Preprocess, TheFormOfSizeDecidesHowToResize) {
  const auto shortest = read(R"("size": {"shortest_edge": 30}, "crop_size": 30)");
  EXPECT_EQ(shortest.size, 30);
  EXPECT_EQ(shortest.resize_mode, ResizeMode::kShortestEdge);
  EXPECT_EQ(read(R"("size": 30, "crop_size": 30)").resize_mode, ResizeMode::kShortestEdge);
  EXPECT_EQ(read(R"("size": {"height": 30, "width": 30}, "do_center_crop": false)").resize_mode,
            ResizeMode::kStretch);
  EXPECT_EQ(read(R"("size": {"height": 30, "width": 30}, "crop_size": null)").resize_mode,
            ResizeMode::kStretch);
  EXPECT_EQ(read(R"("size": 30, "default_to_square": true)").resize_mode, ResizeMode::kStretch);
}

TEST(Preprocess, AForeignFileDropsAlphaAsItsLibraryDoes) {
  EXPECT_FALSE(read(R"("size": 30, "crop_size": 30)").blend_alpha);
  EXPECT_TRUE(Preprocess{}.blend_alpha);
}

TEST(Preprocess, RefusesByNameWhatItCannotDo) {
  expect_refused(R"("size": {"shortest_edge": 30}, "do_center_crop": false)", {"do_center_crop"});
  expect_refused(R"("size": {"shortest_edge": 30}, "crop_size": 28)", {"crop_size", "28"});
  expect_refused(R"("size": {"height": 30, "width": 31})", {"size", "31"});
  expect_refused(R"("size": {"height": 30, "depth": 30})", {"size", "depth"});
  expect_refused(R"("size": {"shortest_edge": 30, "longest_edge": 90}, "crop_size": 30)", {"size"});
  expect_refused(R"("size": 0, "crop_size": 0)", {"size", "4096"});
  expect_refused(R"("size": 4294967326, "crop_size": 30)", {"size", "4096"});
  expect_refused(R"("size": 30, "crop_size": 30, "do_normalize": false)", {"do_normalize"});
  expect_refused(R"("size": 30, "crop_size": 30, "do_pad": true)", {"do_pad", "not known"});
  expect_refused(R"("size": 30, "crop_size": 30, "resample": 5)", {"resample", "5"});
  expect_refused(R"("size": 30, "crop_size": 30, "rescale_factor": 1.0)", {"rescale_factor"});
  expect_refused(R"("size": 30, "crop_size": 30, "image_std": [0.5, 0, 0.5])", {"image_std"});
  expect_refused(R"("size": 30, "crop_size": 30, "image_mean": [0.5, 0.5])", {"image_mean"});
  expect_refused(R"("size": 30, "crop_size": 30, "do_center_crop": "yes")", {"config.json"});
  expect_error(ErrorCode::kBadData, {"p.json", "image_std", "missing"}, [] {
    Preprocess::from_json(R"({"size": 30, "resample": 3, "image_mean": [1, 1, 1]})", "p.json");
  });
  for (const char* text : {"", "[]", "{", "null", "3"}) {
    expect_error(ErrorCode::kBadData, {"p.json"}, [&] { Preprocess::from_json(text, "p.json"); });
  }
  expect_error(ErrorCode::kBadData, {"p.json", "nested"}, [] {
    Preprocess::from_json(config("\"size\": 30, \"crop_size\": " + deep_json()), "p.json");
  });
}

TEST(Preprocess, AcceptsKeysThatSayNothingAboutPixels) {
  EXPECT_NO_THROW(read(R"("size": 30, "crop_size": 30, "image_processor_type": "X",
                          "do_convert_rgb": null, "device": null, "do_rescale": true)"));
}

TEST(Preprocess, FingerprintTellsOptionsApart) {
  const Preprocess p;
  auto other = p;
  EXPECT_EQ(other.fingerprint(), p.fingerprint());
  other.std[2] += 1e-6f;
  EXPECT_NE(other.fingerprint(), p.fingerprint());
}

TEST(Preprocess, NormalisesToPlanes) {
  Preprocess p;
  p.size = 1;
  p.mean = {0, 0.5f, 1};
  p.std = {1, 0.5f, 2};
  Image pixel(1, 1, 3);
  pixel.pixels = {51, 255, 0};
  std::vector<float> out(3);
  normalise(pixel, p, out);
  EXPECT_FLOAT_EQ(out[0], 0.2f);
  EXPECT_FLOAT_EQ(out[1], 1.0f);
  EXPECT_FLOAT_EQ(out[2], -0.5f);
}

TEST(Preprocess, TransparencyIsWhiteOrDropped) {
  Preprocess p;
  p.size = 2;
  p.mean = {0, 0, 0};
  p.std = {1, 1, 1};
  const Image clear(4, 4, 4);  // black, alpha 0
  std::vector<float> out(12);
  preprocess(clear, p, out);
  EXPECT_EQ(out, std::vector<float>(12, 1.0f));
  p.blend_alpha = false;
  preprocess(clear, p, out);
  EXPECT_EQ(out, std::vector<float>(12, 0.0f));
}

TEST(Preprocess, FitCutsTheLongerEdgeAndCentres) {
  Image wide(7, 2, 3);  // 3 / 2 x 7 = 10.5 -> 10 columns, of which 3 to 5 stay
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 7; ++x) wide.row(y)[3 * x] = static_cast<uint8_t>(30 * x);
  }
  const auto fitted = fit(wide, 3, ResizeMode::kShortestEdge, Filter::kBicubic);
  EXPECT_EQ(fitted.pixels, crop(resize(wide, 10, 3, Filter::kBicubic), 3, 0, 3, 3).pixels);
  // 7 columns too many: 3.5 is rounded to 4 by torchvision; 5 too many: 2.5 to 2.
  const auto rounded =
      fit(wide, 3, ResizeMode::kShortestEdge, Filter::kBicubic, CropRounding::kHalfToEven);
  EXPECT_EQ(rounded.pixels, crop(resize(wide, 10, 3, Filter::kBicubic), 4, 0, 3, 3).pixels);
  EXPECT_EQ(
      fit(wide, 2, ResizeMode::kShortestEdge, Filter::kBicubic, CropRounding::kHalfToEven).pixels,
      crop(wide, 2, 0, 2, 2).pixels);
  const auto stretched = fit(wide, 3, ResizeMode::kStretch, Filter::kBicubic);
  EXPECT_EQ(stretched.pixels, resize(wide, 3, 3, Filter::kBicubic).pixels);
}

}  // namespace
}  // namespace clipstill::image
