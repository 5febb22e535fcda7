// Which layers fall back to fp32, and when that fails.
#include "exporter/int8.h"

#include <gmock/gmock.h>

#include <array>

#include "../core/expect_error.h"
#include "exporter/exporter.h"
#include "exporter/int8_encoder.h"
#include "exporter/towers.h"
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

// With half of all values clipped, and a limit that cannot be met.
class Int8TrainedFor : public Int8 {
 protected:
  Int8TrainedFor() {
    options_.calibration = {.method = "percentile", .percentile = 50, .samples = 12};
    options_.max_size = 0.4;
    expected_ = {embeddings(image_.graph, image_), embeddings(text_.graph, text_)};
  }

  static torch::Tensor embeddings(const Graph& graph, const EncoderData& data) {
    return run_all(Evaluator(graph), data.validation);
  }
  // 1 - mean cosine with the embeddings of fp32.
  double distance(const torch::Tensor& image, const torch::Tensor& text) const {
    return 1 - ((image * expected_[0]).sum(1).mean() + (text * expected_[1]).sum(1).mean())
                       .item<double>() /
                   2;
  }
  // Good if nearer than `limit`.
  Score nearer_than(double limit) const {
    return [this, limit](const Evaluator& image, const Evaluator& text) {
      const bool is_near =
          distance(run_all(image, image_.validation), run_all(text, text_.validation)) < limit;
      return Accuracy{is_near ? 0.5 : 0.4, 0.5};
    };
  }
  // Of int8 encoders that are good once a training has looked at them, however long.
  Score good_when_trained() {
    return [this, is_fp32 = true](const auto&, const auto&) mutable {
      const bool is_good = std::exchange(is_fp32, false) || last_[0].defined();
      return Accuracy{0.5, is_good ? 0.5 : 0.4};
    };
  }
  // A few steps of gradient descent towards the embeddings of fp32; they end where those of int8
  // are nearer than `enough`.
  Int8Training descent(int64_t steps, double enough = 0) {
    return [this, steps, enough](const Int8Student& student) {
      for (int64_t step = 0; step < steps; ++step) {
        const auto image = student.image(image_.validation.at(0));
        const auto text = student.text(text_.validation.at(0));
        last_ = {image.detach(), text.detach()};
        if (distance(last_[0], last_[1]) < enough) break;
        const auto loss =
            (image - expected_[0]).square().sum() + (text - expected_[1]).square().sum();
        loss.backward();
        const torch::NoGradGuard no_grad;
        for (auto [name, weight] : student.weights) {
          moved_ += weight.grad().defined() && weight.grad().abs().max().item<float>() > 0;
          if (weight.grad().defined()) weight.sub_(0.003 * weight.grad());
          weight.mutable_grad() = torch::Tensor();
        }
      }
    };
  }

  std::array<torch::Tensor, 2> expected_, last_;
  int64_t moved_ = 0;
};

TEST_F(Int8TrainedFor, ComesNearerToWhatFp32Computes) {
  const auto fp32_weight = image_.graph.initializers.front().value.clone();
  const auto untrained = make_int8(image_, text_, same_score, options_, descent(1));
  EXPECT_FALSE(untrained.is_trained);  // the limit was met
  options_.max_size = untrained.size;  // nothing is to be gained by layers in fp32
  EXPECT_EQ(moved_, 0);
  const double before =
      distance(embeddings(untrained.image, image_), embeddings(untrained.text, text_));

  const auto result =
      make_int8(image_, text_, nearer_than(0.5 * before), options_, descent(40, 0.45 * before));
  EXPECT_TRUE(result.is_trained);
  const double after = distance(embeddings(result.image, image_), embeddings(result.text, text_));
  EXPECT_LT(after, 0.5 * before) << before;
  EXPECT_EQ(result.size, untrained.size);
  for (const auto& layer : result.layers) EXPECT_EQ(layer.is_fp32, layer.layer == kPixels);
  EXPECT_TRUE(image_.graph.initializers.front().value.equal(fp32_weight));
  for (const auto* graph : {&result.image, &result.text}) {
    for (const auto& [name, value] : graph->initializers)
      EXPECT_FALSE(value.requires_grad()) << name;
  }
}

TEST_F(Int8TrainedFor, IsTrainedTheSameEveryTime) {
  const auto trained = [&] {
    last_ = {};
    const auto result = make_int8(image_, text_, good_when_trained(), options_, descent(2));
    EXPECT_TRUE(result.is_trained);
    return torch::cat({embeddings(result.image, image_), embeddings(result.text, text_)});
  };
  const auto once = trained();
  EXPECT_TRUE(once.equal(trained()));
}

// What is trained is what is shipped: the same steps, whole floats in training.
TEST_F(Int8TrainedFor, ComputesInTrainingWhatTheGraphComputes) {
  const Int8Training look = [&](const Int8Student& student) {
    last_ = {student.image(image_.validation[0]).detach(),
             student.text(text_.validation[0]).detach()};
  };
  const auto result = make_int8(image_, text_, good_when_trained(), options_, look);
  EXPECT_TRUE(result.is_trained);
  EXPECT_TRUE(last_[0].equal(embeddings(result.image, image_)));
  EXPECT_TRUE(last_[1].equal(embeddings(result.text, text_)));
}

TEST_F(Int8TrainedFor, FailsTheGateAsBefore) {
  expect_error(ErrorCode::kAccuracyGate, {"after training in int8", "int8.qat_steps"},
               [&] { make_int8(image_, text_, nearer_than(1e-9), options_, descent(1)); });
  EXPECT_GT(moved_, 0);
}

class Int8Weights : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Images, Int8Weights, testing::ValuesIn(image_tower_exports()),
                         [](const auto& tower) { return tower.param; });
INSTANTIATE_TEST_SUITE_P(Texts, Int8Weights, testing::ValuesIn(text_tower_exports()),
                         [](const auto& tower) { return tower.param; });

TEST_P(Int8Weights, AllHaveGradients) {
  const auto images = image_tower_exports();
  const bool is_image = std::ranges::count(images, GetParam()) > 0;
  const auto model =
      random_model({(is_image ? "model.image.arch=" : "model.text.arch=") + GetParam()});
  const auto inputs = random_inputs(model, 12);
  const Tensors batch = is_image ? Tensors{{"pixel_values", inputs.pixel_values}}
                                 : Tensors{{"input_ids", inputs.input_ids},
                                           {"attention_mask", inputs.attention_mask}};
  const EncoderData data{is_image ? image_encoder(model) : text_encoder(model), {batch}, {batch}};
  Int8Encoder encoder(data, {});
  const auto weights = encoder.unfreeze();
  torch::manual_seed(1);
  const auto embeddings = encoder.embed(batch);
  (embeddings * torch::randn_like(embeddings)).sum().backward();
  for (const auto& [name, weight] : weights) {
    ASSERT_TRUE(weight.grad().defined()) << name;
    EXPECT_TRUE(weight.grad().isfinite().all().item<bool>()) << name;
    // A bias of keys shifts all scores alike: its gradient is 0.
    if (weight.dim() > 1) {
      EXPECT_GT(weight.grad().abs().max().item<float>(), 0) << name;
    }
  }
  encoder.freeze();
  EXPECT_TRUE(embeddings.detach().equal(encoder.embed(batch)));
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
