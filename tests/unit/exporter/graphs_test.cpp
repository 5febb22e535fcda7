// The graphs of all towers, as an independent reader sees them. Whether they compute what libtorch
// does is for tests/reference/export_sweep.py, which has ONNX Runtime.
#include <gmock/gmock.h>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "exporter/convolution.h"
#include "exporter/exporter.h"
#include "exporter/onnx_file.h"
#include "exporter/towers.h"
#include "nn/rep_conv.h"
#include "random_model.h"
#include "written_graph.h"

namespace clipstill::exporter {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

class ImageGraph : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Towers, ImageGraph, testing::ValuesIn(image_tower_exports()),
                         [](const auto& tower) { return tower.param; });

TEST_P(ImageGraph, IsValidAndFolded) {
  const auto model = random_model({"model.image.arch=" + GetParam()});
  const auto graph = written(image_encoder(model));
  EXPECT_THAT(graph.inputs, ElementsAre(Pair("pixel_values", "float [batch, 3, 48, 48]")));
  EXPECT_THAT(graph.outputs, ElementsAre(Pair("image_embeds", "float [batch, 24]")));
  EXPECT_EQ(graph.opset, 17);
  EXPECT_EQ(graph.ir_version, 8);
  EXPECT_EQ(graph.producer, "clipstill");
  EXPECT_THAT(graph.ops, Not(Contains(Key("BatchNormalization"))));
  EXPECT_THAT(graph.metadata,
              UnorderedElementsAre(Pair("architecture", GetParam()), Pair("image_size", "48"),
                                   Pair("embed_dim", "24"),
                                   Pair("logit_scale", fmt::format("{}", logit_scale(model)))));
}

class TextGraph : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Towers, TextGraph, testing::ValuesIn(text_tower_exports()),
                         [](const auto& tower) { return tower.param; });

TEST_P(TextGraph, IsValid) {
  for (const char* factor : {"0", "8"}) {
    const auto model = random_model(
        {"model.text.arch=" + GetParam(), std::string("model.text.embedding_width=") + factor});
    const auto graph = written(text_encoder(model));
    EXPECT_THAT(graph.inputs,
                UnorderedElementsAre(Pair("input_ids", "int64 [batch, sequence]"),
                                     Pair("attention_mask", "int64 [batch, sequence]")));
    EXPECT_THAT(graph.outputs, ElementsAre(Pair("text_embeds", "float [batch, 24]")));
    EXPECT_THAT(graph.metadata,
                AllOf(Contains(Pair("context_length", "12")),
                      Contains(Pair("vocabulary_size", "300")), Contains(Key("logit_scale"))));
  }
}

TEST(Graphs, HaveOneConvolutionForEachBlockOfAMobileTower) {
  const auto graph = written(image_encoder(random_model({"model.image.arch=mobile"})));
  EXPECT_EQ(graph.ops.at("Conv"), 1 + 2 * 4);  // the stem, and two for each of 1 + 2 + 1 blocks
  EXPECT_FALSE(graph.ops.contains("Add"));
}

TEST(Graphs, KeepTheFormsThatFuse) {
  const auto graph = written(text_encoder(random_model({"model.text.layers=3"})));
  EXPECT_EQ(graph.ops.at("LayerNormalization"), 2 * 3 + 1);
  EXPECT_EQ(graph.ops.at("Erf"), 3);
  EXPECT_EQ(graph.ops.at("Softmax"), 3);
}

TEST(Graphs, NameWeightsAsTheModelDoes) {
  const auto model = random_model({});
  const auto graph = written(text_encoder(model));
  const auto expected = model->named_parameters()["text.position"].contiguous();
  EXPECT_THAT(
      graph.floats.at("text.position"),
      testing::ElementsAreArray(expected.data_ptr<float>(), static_cast<size_t>(expected.numel())));
  EXPECT_THAT(graph.node_names, Contains("text.transformer.layer0.fc1/MatMul"));
}

TEST(Graphs, AreTheSameBytesEveryTime) {
  const ScratchFolder folder;
  for (const char* name : {"a", "b"}) {
    write_onnx(folder / name, image_encoder(random_model({})));
  }
  EXPECT_EQ(read_file(folder / "a"), read_file(folder / "b"));
}

TEST(Graphs, AreRefusedAboveTheLimitOfProtocolBuffers) {
  Graph graph;
  graph.initializers.push_back({"big", torch::zeros({1}).expand({int64_t{1} << 29})});
  const ScratchFolder folder;
  expect_error(ErrorCode::kBadData, {"x.onnx", "2147483647"},
               [&] { write_onnx(folder / "x.onnx", graph); });
}

TEST(Weights, AreMissedByName) {
  const auto model = random_model({});
  auto options = model->options().image;
  options.blocks = {1, 2, 2};
  expect_error(ErrorCode::kBadData, {"image.blocks.4.conv1.conv.weight", "nearest"}, [&] {
    GraphBuilder graph("g", "");
    const auto pixels = graph.input({.name = "pixel_values", .doc = "", .shape = {}});
    export_resnet(graph, Weights(*model).at("image"), options, pixels);
  });
}

TEST(Weights, RefuseUnknownTowersByName) {
  expect_error(ErrorCode::kUsage, {"\"resnest\"", "resnet, mobile"},
               [] { image_tower_export("resnest"); });
}

TEST(Folding, EqualsTheBlockInEvalMode) {
  torch::manual_seed(3);
  const torch::NoGradGuard no_grad;
  for (const int64_t groups : {1, 6}) {
    nn::RepConv block(nn::ConvBnOptions{6, 6, 3, 1, groups});
    for (auto& parameter : block->parameters()) parameter.normal_();
    for (auto& item : block->named_buffers()) {
      if (item.value().is_floating_point()) item.value().uniform_(0.5, 2.0);
    }
    const auto x = torch::randn({2, 6, 5, 5});
    block->eval();
    const auto kernel = folded_rep_conv(Weights(*block));
    const auto y = torch::conv2d(x, kernel.weight, kernel.bias, 1, 1, 1, groups);
    EXPECT_LT((y.relu() - block->forward(x)).abs().max().item<float>(), 1e-4f);
  }
}

}  // namespace
}  // namespace clipstill::exporter
