// The evaluator against the modules of libtorch that the graphs were made from.
#include "exporter/evaluator.h"

#include <gmock/gmock.h>

#include "../core/expect_error.h"
#include "exporter/exporter.h"
#include "exporter/operators.h"
#include "exporter/towers.h"
#include "nn/transformer.h"
#include "random_model.h"

namespace clipstill::exporter {
namespace {

constexpr int64_t kRows = 13;  // one more than the context, so that every length occurs
constexpr float kRounding = 2e-5f;

float difference(const torch::Tensor& a, const torch::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<float>();
}

class EvaluatedImages : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Towers, EvaluatedImages, testing::ValuesIn(image_tower_exports()),
                         [](const auto& tower) { return tower.param; });

TEST_P(EvaluatedImages, AreThoseOfTheModule) {
  const torch::NoGradGuard no_grad;
  // 56 = 8 x 7: the other pooling of seed_conv
  for (const char* size : {"48", GetParam() == "clip_resnet" ? "64" : "56"}) {
    auto model =
        random_model({"model.image.arch=" + GetParam(), std::string("model.image.size=") + size});
    const auto inputs = random_inputs(model, kRows);
    const auto found = Evaluator(image_encoder(model)).run({{"pixel_values", inputs.pixel_values}});
    EXPECT_LT(difference(found.at(0), model->encode_image(inputs.pixel_values)), kRounding);
  }
}

TEST(EvaluatedTransformers, KeepTheirActivationAndProjections) {
  const torch::NoGradGuard no_grad;
  for (const auto& activation : nn::gelu_names()) {
    auto model = random_model({"model.image.arch=clip_vit", "model.image.activation=" + activation,
                               "model.text.activation=" + activation, "model.image.mlp_width=40",
                               "model.image_projection=affine", "model.embed_dim=32",
                               "model.text_projection=none"});
    const auto inputs = random_inputs(model, kRows);
    const auto images =
        Evaluator(image_encoder(model)).run({{"pixel_values", inputs.pixel_values}});
    EXPECT_LT(difference(images.at(0), model->encode_image(inputs.pixel_values)), kRounding)
        << activation;
    const auto texts =
        Evaluator(text_encoder(model))
            .run({{"input_ids", inputs.input_ids}, {"attention_mask", inputs.attention_mask}});
    EXPECT_LT(difference(texts.at(0), model->encode_text(inputs.input_ids,
                                                         inputs.attention_mask.to(torch::kBool))),
              kRounding)
        << activation;
  }
}

class EvaluatedTexts : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Towers, EvaluatedTexts, testing::ValuesIn(text_tower_exports()),
                         [](const auto& tower) { return tower.param; });

TEST_P(EvaluatedTexts, AreThoseOfTheModule) {
  const torch::NoGradGuard no_grad;
  for (const char* factor : {"0", "8"}) {
    auto model = random_model({"model.text.arch=" + GetParam(), "model.text.layers=2",
                               std::string("model.text.embedding_width=") + factor});
    const auto inputs = random_inputs(model, kRows);
    const auto found =
        Evaluator(text_encoder(model))
            .run({{"input_ids", inputs.input_ids}, {"attention_mask", inputs.attention_mask}});
    const auto expected =
        model->encode_text(inputs.input_ids, inputs.attention_mask.to(torch::kBool));
    EXPECT_LT(difference(found.at(0), expected), kRounding);
  }
}

// In texts shorter than the context, of which some lack the end token, have two, or are padded with
// it.
TEST_P(EvaluatedTexts, ReadTheRightToken) {
  const torch::NoGradGuard no_grad;
  constexpr int64_t kEnd = 5, kLength = 7;
  auto model = random_model({"model.text.arch=" + GetParam(), "model.text.layers=2"});
  auto options = model->options();
  options.text.end_id = kEnd;
  options.text.padding_id = kEnd;
  auto changed = nn::make_clip_model(options, 1);
  const auto from = model->named_parameters();
  for (auto& item : changed->named_parameters()) item.value().copy_(from[item.key()]);
  changed->eval();
  const auto inputs = random_inputs(changed, kRows);
  auto ids = inputs.input_ids.narrow(1, 0, kLength).clone();
  const auto mask = inputs.attention_mask.narrow(1, 0, kLength);
  ids.masked_fill_(ids == kEnd, kEnd + 1);
  ids[6][3] = ids[6][5] = ids[5][2] = kEnd;
  ids[3].masked_fill_(mask[3] == 0, kEnd);
  const auto found =
      Evaluator(text_encoder(changed)).run({{"input_ids", ids}, {"attention_mask", mask}});
  EXPECT_LT(difference(found.at(0), changed->encode_text(ids, mask.to(torch::kBool))), kRounding);
}

TEST(Evaluator, ShowsEveryValueOnce) {
  const auto model = random_model({});
  const auto graph = image_encoder(model);
  std::vector<Value> seen, expected;
  for (const auto& node : graph.nodes) expected.push_back(node.outputs.at(0));
  Evaluator(graph).run({{"pixel_values", random_inputs(model, 2).pixel_values}},
                       [&](const Value& name, const torch::Tensor& value) {
                         EXPECT_TRUE(value.defined());
                         seen.push_back(name);
                       });
  EXPECT_EQ(seen, expected);
}

TEST(Evaluator, NamesWhatItCannotRun) {
  auto graph = image_encoder(random_model({}));
  expect_error(ErrorCode::kUsage, {"image_encoder", "pixel_values"},
               [&] { Evaluator(graph).run({}); });
  graph.nodes[1].op = "Selu";
  expect_error(ErrorCode::kInternal, {graph.nodes[1].name, "Selu"}, [&] { Evaluator{graph}; });
  graph.nodes[1].op = "Relu";
  graph.nodes[1].inputs = {"nothing"};
  expect_error(ErrorCode::kInternal, {graph.nodes[1].name, "\"nothing\""},
               [&] { Evaluator{graph}; });
}

// Values worked out by hand; ties go to the even neighbour, as ONNX says.
TEST(Operators, QuantizeAndBack) {
  const auto scale = torch::tensor(0.5f);
  const auto x = torch::tensor({-100.0f, -1.0f, 0.0f, 0.25f, 0.75f, 1.3f, 100.0f});
  const auto bytes = quantize(x, scale, torch::tensor(uint8_t{10}));
  EXPECT_TRUE(bytes.equal(torch::tensor({0, 8, 10, 10, 12, 13, 210}, torch::kByte)));
  const auto signed_bytes = quantize(x, scale, torch::tensor(int8_t{-100}));
  EXPECT_TRUE(
      signed_bytes.equal(torch::tensor({-128, -102, -100, -100, -98, -97, 100}, torch::kChar)));
  EXPECT_TRUE(dequantize(bytes, scale, torch::tensor(uint8_t{10}), 1)
                  .equal(torch::tensor({-5.0f, -1.0f, 0.0f, 0.0f, 1.0f, 1.5f, 100.0f})));
  // A scale for each column.
  const auto rows = torch::tensor({{1, 2}, {-3, 4}}, torch::kChar);
  EXPECT_TRUE(dequantize(rows, torch::tensor({0.5f, 10.0f}), {}, 1)
                  .equal(torch::tensor({{0.5f, 20.0f}, {-1.5f, 40.0f}})));
  EXPECT_TRUE(dequantize(rows, torch::tensor({0.5f, 10.0f}), {}, 0)
                  .equal(torch::tensor({{0.5f, 1.0f}, {-30.0f, 40.0f}})));
}

}  // namespace
}  // namespace clipstill::exporter
