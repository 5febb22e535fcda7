// Int8 graphs: their form, which ONNX Runtime's kernels depend on, and their values.
#include "exporter/quantizer.h"

#include <gmock/gmock.h>

#include "../core/expect_error.h"
#include "exporter/calibration.h"
#include "exporter/exporter.h"
#include "exporter/graph_builder.h"
#include "exporter/int8_prepare.h"
#include "exporter/towers.h"
#include "random_model.h"
#include "written_graph.h"

namespace clipstill::exporter {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;

struct Encoder {
  Graph graph;
  std::vector<Tensors> inputs;
};

Encoder image_of(const std::vector<std::string>& settings) {
  const auto model = random_model(settings);
  return {image_encoder(model), {{{"pixel_values", random_inputs(model, 16).pixel_values}}}};
}

Encoder text_of(const std::vector<std::string>& settings) {
  const auto model = random_model(settings);
  const auto inputs = random_inputs(model, 12);
  Encoder out{text_encoder(model), {}};
  for (int64_t i = 0; i < 12; ++i) {  // alone, so that there is no padding
    out.inputs.push_back({{"input_ids", inputs.input_ids.narrow(0, i, 1).narrow(1, 0, i + 1)},
                          {"attention_mask", torch::ones({1, i + 1}, torch::kLong)}});
  }
  return out;
}

Graph in_int8(const Encoder& encoder, const QuantizerOptions& options = {}) {
  return quantized(encoder.graph, calibrate(encoder.graph, encoder.inputs, {}), options);
}

double cosine(const Encoder& encoder, const Graph& graph) {
  const auto expected = run_all(Evaluator(encoder.graph), encoder.inputs);
  return (expected * run_all(Evaluator(graph), encoder.inputs)).sum(1).min().item<double>();
}

// What ONNX Runtime looks for around a node before it takes the int8 kernel.
void expect_int8_kernels(const Graph& graph) {
  std::map<Value, std::string> producer;
  std::map<Value, std::vector<std::string>> readers;
  for (const auto& node : graph.nodes) {
    for (const auto& value : node.outputs) producer[value] = node.op;
    for (const auto& value : node.inputs) readers[value].push_back(node.op);
  }
  // The scale of what a DequantizeLinear gives.
  const auto scale = [&](const Value& value) {
    const auto node = std::ranges::find_if(
        graph.nodes, [&](const Node& candidate) { return candidate.outputs[0] == value; });
    return std::ranges::find(graph.initializers, node->inputs[1], &Initializer::name)->value;
  };
  for (const auto& node : graph.nodes) {
    if (node.op != "Conv" && node.op != "MatMul") continue;
    if (!node.inputs[1].ends_with(".weight/DequantizeLinear")) continue;  // no layer in int8
    if (node.inputs.size() > 2) {  // the kernel adds the bias to the sums as it is
      EXPECT_TRUE(scale(node.inputs[2]).equal(scale(node.inputs[0]) * scale(node.inputs[1])))
          << node.name;
    }
    for (const auto& value : node.inputs) {
      EXPECT_EQ(producer[value], "DequantizeLinear") << node.name << ": " << value;
    }
    if (node.op == "Conv") {
      EXPECT_THAT(readers[node.outputs[0]], testing::ElementsAre("QuantizeLinear")) << node.name;
    }
  }
}

class Int8Images : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Towers, Int8Images, testing::ValuesIn(image_tower_exports()),
                         [](const auto& tower) { return tower.param; });

TEST_P(Int8Images, AreNearThoseOfFp32) {
  const auto encoder = image_of({"model.image.arch=" + GetParam()});
  const auto graph = in_int8(encoder);
  EXPECT_GT(cosine(encoder, graph), 0.98);
  EXPECT_LT(cosine(encoder, graph), 1 - 1e-9);  // it is not fp32
  expect_int8_kernels(graph);
  EXPECT_THAT(written(graph).ops, Contains(Key("QuantizeLinear")));
}

class Int8Texts : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Towers, Int8Texts, testing::ValuesIn(text_tower_exports()),
                         [](const auto& tower) { return tower.param; });

TEST_P(Int8Texts, AreNearThoseOfFp32) {
  for (const char* factor : {"0", "8"}) {
    const auto encoder = text_of({"model.text.arch=" + GetParam(), "model.text.layers=2",
                                  std::string("model.text.embedding_width=") + factor});
    const auto graph = in_int8(encoder);
    EXPECT_GT(cosine(encoder, graph), 0.98);
    expect_int8_kernels(graph);
    written(graph);
  }
}

TEST(Int8Graph, FoldsReluAndKeepsTheShortcutInInt8) {
  const auto encoder = image_of({"model.image.arch=resnet"});
  const auto ops = written(in_int8(encoder)).ops;
  const auto before = written(encoder.graph).ops;
  EXPECT_THAT(ops, Not(Contains(Key("Relu"))));
  EXPECT_EQ(ops.at("Conv"), before.at("Conv"));
  // One for each convolution, shortcut and pooled shortcut, the pixels, and the last pooling, which
  // the projection reads flat.
  EXPECT_EQ(ops.at("QuantizeLinear"),
            before.at("Conv") + before.at("Add") + before.at("AveragePool") + 3);
}

TEST(Int8Preparation, MakesPoolingPartOfTheConvolution) {
  const auto encoder = image_of({"model.image.arch=resnet"});
  const auto prepared = prepared_for_int8(encoder.graph);
  const auto before = written(encoder.graph).ops, after = written(prepared).ops;
  EXPECT_EQ(before.at("AveragePool"), 2);
  EXPECT_THAT(after, Not(Contains(Key("AveragePool"))));
  EXPECT_EQ(after.at("Conv"), before.at("Conv"));
  EXPECT_EQ(quantizable_layers(prepared), quantizable_layers(encoder.graph));
  const auto difference = run_all(Evaluator(prepared), encoder.inputs) -
                          run_all(Evaluator(encoder.graph), encoder.inputs);
  EXPECT_LT(difference.abs().max().item<float>(), 2e-6f);
  EXPECT_GT(cosine(encoder, in_int8({prepared, encoder.inputs})), 0.98);
  EXPECT_THAT(slow_in_int8(prepared), testing::ElementsAre("image.stem/Conv"));
}

// A shortcut around the first block: its Add is int8 although an fp32 convolution feeds it.
TEST(Int8Graph, AddsInInt8WhatIsStoredSo) {
  const auto encoder = image_of({"model.image.arch=resnet"});
  const auto graph = in_int8(encoder, {.fp32_layers = {"image.stem/Conv"}});
  for (const auto& node : graph.nodes) {
    if (node.op != "Add") continue;
    for (const auto& value : node.inputs)
      EXPECT_TRUE(value.ends_with("/DequantizeLinear")) << value;
  }
  EXPECT_GT(cosine(encoder, graph), 0.98);
}

TEST(Int8Preparation, KeepsPoolingThatOthersRead) {
  GraphBuilder builder("g", "");
  const auto x = builder.input({.name = "x", .doc = "", .shape = {1, 2, 4, 4}});
  const auto pool = builder.add("AveragePool", {x}, "pool",
                                {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  const auto conv = builder.add("Conv", {pool, builder.weight("w", torch::ones({2, 2, 1, 1}))},
                                "conv", {{"kernel_shape", Ints{1, 1}}});
  builder.output(builder.add("Add", {pool, conv}, "end"),
                 {.name = "y", .doc = "", .shape = {1, 2, 2, 2}});
  const auto graph = prepared_for_int8(std::move(builder).finish());
  EXPECT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(graph.nodes[1].inputs[0], pool);
}

TEST(Int8Graph, IsAQuarterOfTheSize) {
  for (const auto& encoder : {image_of({"model.image.width=64"}), text_of({"model.text.width=64"}),
                              text_of({"model.text.arch=lstm", "model.text.width=64"}),
                              text_of({"model.text.arch=seed_lstm"})}) {
    const auto share = static_cast<double>(weight_bytes(in_int8(encoder))) /
                       static_cast<double>(weight_bytes(encoder.graph));
    EXPECT_LT(share, 0.32);
    EXPECT_GT(share, 0.25);
  }
}

TEST(Int8Graph, LeavesLayersInFp32) {
  const auto encoder = image_of({});
  const auto layers = quantizable_layers(encoder.graph);
  const auto none = in_int8(encoder, {.fp32_layers = {layers.begin(), layers.end()}});
  const auto found = run_all(Evaluator(none), encoder.inputs);
  EXPECT_TRUE(found.equal(run_all(Evaluator(encoder.graph), encoder.inputs)));
  EXPECT_EQ(weight_bytes(none), weight_bytes(encoder.graph));

  for (const auto& layer : layers) {  // any one of them
    const auto graph = in_int8(encoder, {.fp32_layers = {layer}});
    EXPECT_GT(cosine(encoder, graph), 0.98) << layer;
    for (const auto& node : graph.nodes) {
      const bool stays = node.name == layer;
      if (node.op == "Conv" || node.op == "MatMul") {
        EXPECT_EQ(node.inputs[1].ends_with("/DequantizeLinear"), !stays) << node.name;
      }
    }
    expect_int8_kernels(graph);
    written(graph);
  }
}

TEST(Int8Graph, HasSmallWeightsWhereTheRangeIsReduced) {
  const auto graph = in_int8(image_of({}), {.fp32_layers = {}, .reduce_range = true});
  int64_t most = 0;
  for (const auto& [name, value] : graph.initializers) {
    if (name.ends_with(".weight/int8")) most = std::max(most, value.abs().max().item<int64_t>());
  }
  EXPECT_EQ(most, kReducedRange);
}

// A scale for each gate of each direction, so that no row is off by more than half a step of its
// own.
TEST(Int8Graph, StoresTheWeightsOfLstms) {
  const auto encoder = text_of({"model.text.arch=lstm"});
  EXPECT_THAT(quantizable_layers(encoder.graph), testing::Contains("text.lstm.0/LSTM"));
  const auto value = [](const Graph& graph, const std::string& name) {
    const auto found = std::ranges::find(graph.initializers, name, &Initializer::name);
    return found == graph.initializers.end() ? torch::Tensor() : found->value;
  };
  const auto graph = in_int8(encoder);
  for (const std::string name : {"text.lstm.0.input_weight", "text.lstm.0.state_weight"}) {
    const auto weight = value(encoder.graph, name), steps = value(graph, name + "/int8");
    EXPECT_FALSE(value(graph, name).defined());
    EXPECT_EQ(steps.scalar_type(), torch::kChar);
    const auto restored = steps.to(torch::kFloat) * value(graph, name + "/scale");
    const auto half_a_step = weight.abs().amax({2}, true) / 127 * 0.50001;
    EXPECT_TRUE(((restored - weight).abs() <= half_a_step).all().item<bool>()) << name;
  }
  const auto in_fp32 = in_int8(encoder, {.fp32_layers = {"text.lstm.0/LSTM"}});
  EXPECT_TRUE(value(in_fp32, "text.lstm.0.state_weight").defined());
}

TEST(Int8Graph, NamesWhatIsMissing) {
  const auto encoder = image_of({});
  expect_error(ErrorCode::kInternal, {"image_encoder", "\"pixel_values\""},
               [&] { quantized(encoder.graph, {}, {}); });
  expect_error(ErrorCode::kInternal, {"\"no/such\""},
               [&] { in_int8(encoder, {.fp32_layers = {"no/such"}}); });
}

// One convolution and its Relu, small enough to work out: steps of 0.01 for x, 1/127 x 2 for the
// weight, 0.02 for the result.
TEST(Int8Graph, ComputesWhatHandsDo) {
  GraphBuilder builder("g", "");
  const auto x = builder.input({.name = "x", .doc = "", .shape = {1, 1, 1, 4}});
  const auto conv = builder.add("Conv",
                                {x, builder.weight("w", torch::full({1, 1, 1, 1}, 2.0f)),
                                 builder.weight("b", torch::tensor({0.5f}))},
                                "layer");
  const auto relu = builder.add("Relu", {conv}, "layer");
  builder.output(builder.add("Flatten", {relu}, "end"), {.name = "y", .doc = "", .shape = {1, 4}});
  const auto graph = std::move(builder).finish();
  EXPECT_THAT(quantizable_layers(graph), testing::ElementsAre("layer/Conv"));
  const auto int8 = quantized(graph, {{x, {-1.28f, 1.27f}}, {relu, {0.0f, 5.1f}}}, {});
  const auto input = torch::tensor({1.0f, -1.0f, 0.504f, 9.0f}).view({1, 1, 1, 4});
  // 2.5; below 0; 0.50 is the nearest step; 1.27 is the last step.
  const auto expected = torch::tensor({{2.5f, 0.0f, 1.5f, 3.04f}});
  const auto found = Evaluator(int8).run({{"x", input}}).at(0);
  EXPECT_LT((found - expected).abs().max().item<float>(), 1e-5f) << found;
}

TEST(Calibration, SeesAllAndClipsWhereAsked) {
  const auto encoder = image_of({});
  auto inputs = encoder.inputs;
  inputs[0]["pixel_values"][3][1][7][5] = 50.0f;
  const auto all = calibrate(encoder.graph, inputs, {});
  EXPECT_EQ(all.at("pixel_values").high, 50.0f);
  EXPECT_EQ(all.at("pixel_values").low, inputs[0]["pixel_values"].min().item<float>());
  for (const char* method : {"percentile", "entropy"}) {
    const auto range =
        calibrate(encoder.graph, inputs, {.method = method, .percentile = 99.9}).at("pixel_values");
    EXPECT_LT(range.high, 8.0f) << method;
    EXPECT_GT(range.high, 1.5f) << method;
    EXPECT_LT(range.low, -1.5f) << method;
  }
  inputs[0]["pixel_values"][3][1][7][5] = NAN;
  expect_error(ErrorCode::kBadData, {"\"pixel_values\"", "not finite"},
               [&] { calibrate(encoder.graph, inputs, {}); });
  expect_error(ErrorCode::kBadData, {"nothing to calibrate"},
               [&] { calibrate(encoder.graph, {}, {}); });
}

}  // namespace
}  // namespace clipstill::exporter
