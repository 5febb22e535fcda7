// Which layers fall back to fp32, and when that fails.
#include "exporter/int8.h"

#include <gmock/gmock.h>

#include "../core/expect_error.h"
#include "exporter/exporter.h"
#include "random_model.h"

namespace clipstill::exporter {
namespace {

class Int8 : public testing::Test {
 protected:
  Int8() {
    const auto model = random_model({"model.image.arch=mobile"});
    const auto inputs = random_inputs(model, 12);
    const Tensors images{{"pixel_values", inputs.pixel_values}};
    const Tensors texts{{"input_ids", inputs.input_ids}, {"attention_mask", inputs.attention_mask}};
    image_ = {image_encoder(model), {images}, {images}};
    text_ = {text_encoder(model), {texts}, {texts}};
    options_.max_size = 1;
  }

  // Of encoders that lose nothing.
  static Accuracy same_score(const Evaluator&, const Evaluator&) { return {0.5, 0.25}; }

  // The convolution of the pixels, which is left in fp32 for its speed.
  static constexpr const char* kPixels = "image.convs.0/Conv";

  static int64_t fp32_layers(const Int8Encoders& encoders) {
    return std::ranges::count_if(encoders.layers, &LayerCost::is_fp32);
  }
  // How many layers of a graph take int8 weights.
  static int64_t int8_layers(const Evaluator& evaluator) {
    int64_t count = 0;
    for (const auto& node : evaluator.graph().nodes) {
      if (node.op == "Conv" || node.op == "MatMul") {
        count += node.inputs[1].ends_with("/DequantizeLinear") ? 1 : 0;
      }
      count += node.op == "Gather" && node.inputs[0].ends_with("/int8") ? 1 : 0;
    }
    return count;
  }

  EncoderData image_, text_;
  Int8Options options_;
};

TEST_F(Int8, IsWholeWhereNothingIsLost) {
  const auto result = make_int8(image_, text_, same_score, options_);
  for (const auto& layer : result.layers) EXPECT_EQ(layer.is_fp32, layer.layer == kPixels);
  EXPECT_EQ(result.layers.size(),
            quantizable_layers(image_.graph).size() + quantizable_layers(text_.graph).size());
  EXPECT_TRUE(std::ranges::is_sorted(result.layers, std::greater(), &LayerCost::cost));
  EXPECT_GT(result.layers.front().cost, 1e-6);
  EXPECT_EQ(result.fp32_score.recall, 0.5);
  EXPECT_LT(result.size, 0.5);
}

TEST_F(Int8, LeavesTheCostliestLayersInFp32) {
  // One point of either accuracy is lost for every layer in int8 above ten.
  const auto left = [&](const Evaluator& image, const Evaluator& text) {
    return 0.9 - 0.01 * std::max<double>(
                            0, static_cast<double>(int8_layers(image) + int8_layers(text) - 10));
  };
  options_.max_drop = 2.5;
  const auto by_zero_shot = make_int8(
      image_, text_,
      [&](auto& i, auto& t) {
        return Accuracy{0.9, left(i, t)};
      },
      options_);
  EXPECT_NEAR(by_zero_shot.int8_score.zero_shot, 0.88, 1e-12);
  const Score score = [&](auto& i, auto& t) { return Accuracy{left(i, t), 0.9}; };
  const auto result = make_int8(image_, text_, score, options_);
  const auto all = static_cast<int64_t>(result.layers.size());
  EXPECT_EQ(fp32_layers(result), all - 12);
  EXPECT_NEAR(result.int8_score.recall, 0.88, 1e-12);
  bool is_before = true;  // the last that stays fp32
  for (const auto& layer : result.layers) {
    if (layer.layer == kPixels) continue;
    EXPECT_TRUE(is_before || !layer.is_fp32) << layer.layer;
    is_before = layer.is_fp32;
  }
}

TEST_F(Int8, KeepsLayersThatTheUserNames) {
  options_.fp32_layers = {"image.convs.1/Conv", "text_projection/MatMul"};
  const auto result = make_int8(image_, text_, same_score, options_);
  EXPECT_EQ(fp32_layers(result), 3);
  options_.fp32_layers = {"image.convs.1/Gonv"};
  expect_error(ErrorCode::kUsage, {"image.convs.1/Gonv", "image.convs.1/Conv"},
               [&] { make_int8(image_, text_, same_score, options_); });
}

TEST_F(Int8, FailsTheGateByName) {
  const auto costliest = make_int8(image_, text_, same_score, options_).layers.front().layer;
  const Score score = [&](const Evaluator& image, const Evaluator& text) {
    return Accuracy{int8_layers(image) + int8_layers(text) > 0 ? 0.4 : 0.5, 0.5};
  };
  options_.max_size = 0.6;
  expect_error(ErrorCode::kAccuracyGate, {"10.00 points", "60 %", costliest},
               [&] { make_int8(image_, text_, score, options_); });
  options_.max_size = 1;  // all the way to fp32
  const auto result = make_int8(image_, text_, score, options_);
  EXPECT_EQ(fp32_layers(result), static_cast<int64_t>(result.layers.size()));
}

TEST_F(Int8, IsNeverLargerThanAllowed) {
  const auto size = make_int8(image_, text_, same_score, options_).size;
  options_.max_size = size;
  EXPECT_EQ(make_int8(image_, text_, same_score, options_).size, size);
  options_.fp32_layers = {"text_projection/MatMul"};
  expect_error(ErrorCode::kAccuracyGate, {"int8.max_size", "int8.fp32_layers (there are 1)"},
               [&] { make_int8(image_, text_, same_score, options_); });
}

TEST_F(Int8, IsTheSameEveryTime) {
  const auto once = make_int8(image_, text_, same_score, options_);
  const auto again = make_int8(image_, text_, same_score, options_);
  ASSERT_EQ(once.image.initializers.size(), again.image.initializers.size());
  for (size_t i = 0; i < once.image.initializers.size(); ++i) {
    EXPECT_TRUE(once.image.initializers[i].value.equal(again.image.initializers[i].value));
  }
}

}  // namespace
}  // namespace clipstill::exporter
