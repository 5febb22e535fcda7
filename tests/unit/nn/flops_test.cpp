// FLOPs that the towers state, against those of the products libtorch recorded for autograd.
#include <gtest/gtest.h>

#include <set>

#include "nn/clip_model.h"
#include "tensors.h"

namespace clipstill::nn {
namespace {

using torch::autograd::Node;

std::vector<int64_t> shape(const Node& node, uint32_t index) {
  return node.input_metadata(index).zeros_like().sizes().vec();
}

/// Shape of the operand that `edge` of the node stands for.
std::vector<int64_t> operand(const Node& node, size_t edge) {
  const auto& next = node.next_edge(edge);
  return shape(*next.function, next.input_nr);
}

int64_t product(const std::vector<int64_t>& numbers) {
  int64_t result = 1;
  for (const auto number : numbers) result *= number;
  return result;
}

/// Multiply-adds x 2: each output element takes as many as there are terms in its sum.
int64_t flops_of(const Node& node) {
  const auto name = node.name();
  const auto outputs = product(shape(node, 0));
  if (name == "ConvolutionBackward0") {
    const auto weight = operand(node, 1);  // [out, in / groups, k, k]
    return 2 * outputs * weight[1] * weight[2] * weight[3];
  }
  if (name == "AddmmBackward0") return 2 * outputs * operand(node, 2)[0];
  if (name == "MmBackward0") return 2 * outputs * operand(node, 1)[0];
  if (name == "BmmBackward0") return 2 * outputs * operand(node, 1)[1];
  return 0;
}

int64_t recorded_flops(const torch::Tensor& output) {
  std::set<Node*> seen;
  std::vector<Node*> open{output.grad_fn().get()};
  int64_t flops = 0;
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    flops += flops_of(*node);
    for (const auto& edge : node->next_edges()) open.push_back(edge.function.get());
  }
  return flops;
}

ImageTowerOptions image_options(const std::string& arch) {
  ImageTowerOptions options;
  options.arch = arch;
  options.size = 16;
  options.width = 4;
  options.blocks = {1, 2};
  options.patch = 4;
  options.head_width = 2;
  return options;
}

TextTowerOptions text_options(const std::string& arch) {
  TextTowerOptions options;
  options.arch = arch;
  options.vocabulary = 5;
  options.context = 12;
  options.width = 4;
  options.layers = 3;
  options.head_width = 2;
  return options;
}

class ImageFlops : public testing::TestWithParam<std::string> {};

TEST_P(ImageFlops, AreThoseOfTheRecordedProducts) {
  for (const int64_t size : {16, 32}) {
    auto options = image_options(GetParam());
    options.size = size;
    const auto tower = make_image_tower(options);
    tower->eval();  // branches folded
    const auto output = tower->forward(torch::zeros({1, 3, size, size}));
    EXPECT_EQ(tower->flops(), recorded_flops(output)) << "size " << size;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ImageFlops, testing::ValuesIn(image_tower_names()),
                         [](const auto& test) { return test.param; });

class TextFlops : public testing::TestWithParam<std::string> {};

TEST_P(TextFlops, AreThoseOfTheRecordedProducts) {
  for (const int64_t embedding_width : {0, 3}) {
    auto options = text_options(GetParam());
    options.embedding_width = embedding_width;
    const auto tower = make_text_tower(options);
    for (const int64_t length : {1, 7, 12}) {
      const auto output = tower->forward(torch::zeros({1, length}, torch::kLong),
                                         torch::ones({1, length}, torch::kBool));
      EXPECT_EQ(tower->flops(length), recorded_flops(output))
          << "length " << length << ", embedding width " << embedding_width;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TextFlops, testing::ValuesIn(text_tower_names()),
                         [](const auto& test) { return test.param; });

TEST(Flops, OddMobileSizesRoundUp) {
  auto options = image_options("mobile");
  options.size = 19;
  const auto tower = make_image_tower(options);
  tower->eval();
  EXPECT_EQ(tower->flops(), recorded_flops(tower->forward(torch::zeros({1, 3, 19, 19}))));
}

TEST(Flops, WorkedOutByHand) {
  // Stem 8 x 8; one block there (4 -> 4, 4 -> 4); 4 x 4: 4 -> 8, 8 -> 8, shortcut, 8 -> 8 twice.
  EXPECT_EQ(make_image_tower(image_options("resnet"))->flops(),
            2 * (64 * 9 * 3 * 4 + 64 * 9 * (4 * 4 + 4 * 4) +
                 16 * (9 * 4 * 8 + 9 * 8 * 8 + 4 * 8 + 9 * 8 * 8 + 9 * 8 * 8)));
  // Depthwise 9 terms a channel, pointwise one term an input channel.
  EXPECT_EQ(make_image_tower(image_options("mobile"))->flops(),
            2 * (64 * 27 * 4 + 64 * (9 * 4 + 4 * 4) + 16 * (9 * 4 + 4 * 8 + 9 * 8 + 8 * 8)));
  // 16 patches of 48 numbers; 17 tokens through 2 layers: 12 W^2 a token, 2 W a pair of tokens.
  // The last layer makes keys and values of all tokens, and the rest for one.
  EXPECT_EQ(make_image_tower(image_options("vit"))->flops(),
            2 * (16 * 48 * 4 + 2 * (17 * 12 * 16 + 17 * 17 * 2 * 4) + 17 * 2 * 16 + 10 * 16 +
                 17 * 2 * 4));
  EXPECT_EQ(make_text_tower(text_options("transformer"))->flops(5),
            2 * (2 * (5 * 12 * 16 + 25 * 2 * 4) + 5 * 2 * 16 + 10 * 16 + 5 * 2 * 4));
  // 4 gates, two directions; the later layers read both.
  EXPECT_EQ(make_text_tower(text_options("lstm"))->flops(5),
            2 * 5 * 2 * 4 * 4 * ((4 + 4) + 2 * (8 + 4)));
}

TEST(Flops, TheModelAddsItsProjections) {
  ClipModelOptions options;
  options.image = image_options("resnet");
  options.text = text_options("lstm");
  options.embed_dim = 6;
  ClipModel model(options);
  EXPECT_EQ(model->image_flops(), make_image_tower(options.image)->flops() + 2 * 8 * 6);
  EXPECT_EQ(model->text_flops(5), make_text_tower(options.text)->flops(5) + 2 * 8 * 6);
}

}  // namespace
}  // namespace clipstill::nn
