#include "nn/transformer.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "nn/image_tower.h"
#include "nn/text_tower.h"
#include "reference.h"
#include "tensors.h"

namespace clipstill::nn {
namespace {

constexpr double kExact = 1e-9;  // double against double

void expect_near(const Vector& actual, const Vector& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance) << i;
}

TEST(Transformer, EqualsPlainLoops) {
  Transformer transformer(TransformerOptions{/*width=*/4, /*layers=*/2, /*heads=*/2});
  transformer->to(torch::kDouble);
  randomise(*transformer, 1);
  const auto weights = weights_of(*transformer);
  const auto x = normal({2, 3, 4}, 2);
  const std::vector<std::vector<bool>> masks{{true, true, false}, {true, true, true}};
  const auto mask = torch::tensor({1, 1, 0, 1, 1, 1}).view({2, 3}).to(torch::kBool);
  const auto y = transformer->forward(x, padding_bias(mask, x.options()));
  ASSERT_EQ(y.sizes(), x.sizes());
  for (size_t row = 0; row < masks.size(); ++row) {
    auto expected = matrix(x[static_cast<int64_t>(row)]);
    for (const auto* layer : {"layer0.", "layer1."}) {
      expected = transformer_layer(weights, layer, expected, /*heads=*/2, masks[row]);
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "text " << row << ", position " << i);
      expect_near(matrix(y[static_cast<int64_t>(row)])[i], layer_norm(weights, "norm", expected[i]),
                  kExact);
    }
  }
}

TEST(Transformer, WithoutAMaskAllPositionsCount) {
  Transformer transformer(TransformerOptions{4, 1, 2});
  randomise(*transformer, 3);
  const auto x = normal({2, 3, 4}, 4).to(torch::kFloat);
  const auto all = torch::ones({2, 3}, torch::kBool);
  EXPECT_TRUE(torch::equal(transformer->forward(x),
                           transformer->forward(x, padding_bias(all, x.options()))));
}

TEST(Transformer, OneTokenEqualsItsRowOfAll) {
  for (const bool post_norm : {false, true}) {
    Transformer transformer(TransformerOptions{
        .width = 4, .layers = 2, .heads = 2, .mlp_width = 6, .post_norm = post_norm});
    transformer->to(torch::kDouble);
    randomise(*transformer, 11);
    const auto x = normal({3, 5, 4}, 12);
    const auto mask = torch::arange(5).unsqueeze(0) < torch::tensor({{3}, {5}, {1}});
    const auto token = torch::tensor({2, 4, 0});
    for (const auto& bias :
         {torch::Tensor(), padding_bias(mask, x.options()), causal_bias(5, x.options())}) {
      const auto all = transformer->forward(x, bias);
      const auto first = transformer->forward_token(x, bias);
      const auto chosen = transformer->forward_token(x, bias, token);
      for (int64_t row = 0; row < 3; ++row) {
        EXPECT_LT(largest_difference(first[row], all[row][0]), kExact);
        EXPECT_LT(largest_difference(chosen[row], all[row][token[row].item<int64_t>()]), kExact);
      }
    }
  }
}

TEST(Transformer, CausalTokensDoNotSeeWhatFollows) {
  Transformer transformer(TransformerOptions{.width = 4, .layers = 2, .heads = 2});
  randomise(*transformer, 13);
  auto x = normal({1, 4, 4}, 14).to(torch::kFloat);
  const auto bias = causal_bias(4, x.options());
  const auto before = transformer->forward(x, bias);
  x[0][2][1] += 1;
  const auto after = transformer->forward(x, bias);
  EXPECT_TRUE(torch::equal(before.narrow(1, 0, 2), after.narrow(1, 0, 2)));
  EXPECT_GT(largest_difference(before[0][2], after[0][2]), 1e-3);
}

// The loops for inference against libtorch's operators in double precision.
TEST(Attention, WithoutGradientsTheSame) {
  struct Case {
    int64_t length, heads, head_width;
  };
  for (const auto& [length, heads, head_width] :
       {Case{1, 1, 2}, Case{5, 3, 20}, Case{16, 2, 16}, Case{17, 2, 64}, Case{50, 1, 80}}) {
    const int64_t width = heads * head_width;
    torch::nn::Linear exact(width, 3 * width);
    exact->to(torch::kDouble);
    randomise(*exact, 7);
    torch::nn::Linear fast(width, 3 * width);
    torch::NoGradGuard no_grad;
    fast->weight.copy_(exact->weight);
    fast->bias.copy_(exact->bias);
    const auto x = normal({3, length, width}, 8) * 0.1;  // no softmax that is all but a choice
    const auto mask = torch::arange(length).unsqueeze(0) <
                      torch::tensor({int64_t{1}, (length + 1) / 2, length}).unsqueeze(1);
    for (const auto& bias :
         {torch::Tensor(), padding_bias(mask, x.options()), causal_bias(length, x.options())}) {
      const auto float_bias = bias.defined() ? bias.to(torch::kFloat) : bias;
      const auto single = x.to(torch::kFloat);
      const auto all = attend(*exact, heads, x, x, bias);
      EXPECT_LT(largest_difference(attend(*fast, heads, single, single, float_bias), all), 5e-6)
          << length << " tokens, heads of " << head_width;
      const auto one_bias = bias.defined() ? bias.narrow(2, 0, 1) : bias;
      EXPECT_LT(largest_difference(attend(*fast, heads, single, single.narrow(1, 0, 1),
                                          one_bias.defined() ? one_bias.to(torch::kFloat) : bias),
                                   attend(*exact, heads, x, x.narrow(1, 0, 1), one_bias)),
                5e-6)
          << "one query of " << length;
    }
  }
}

TEST(Attention, ThreadsChangeNoBit) {
  torch::nn::Linear qkv(24, 72);
  randomise(*qkv, 9);
  const auto x = normal({5, 19, 24}, 10).to(torch::kFloat);
  const torch::NoGradGuard no_grad;
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = attend(*qkv, 3, x, x, {});
  at::set_num_threads(3);
  const auto three = attend(*qkv, 3, x, x, {});
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(one, three));
}

TEST(Gelu, WithoutGradientsTheSame) {
  const auto x = torch::cat({torch::linspace(-30, 30, 1003), torch::tensor({-1e4f, 1e4f, 0.0f})});
  const torch::NoGradGuard no_grad;
  for (const auto& name : gelu_names()) {
    const auto exact = gelu(x.to(torch::kDouble), gelu_of(name));
    const auto fast = gelu(x.clone(), gelu_of(name)).to(torch::kDouble);
    // libtorch's double tanh is exact where it counts: relative to x, which is what sums see.
    EXPECT_LT(((fast - exact) / (x.abs() + 1)).abs().max().item<double>(), 3e-7) << name;
    EXPECT_TRUE(gelu(torch::full({3}, std::nanf("")), gelu_of(name)).isnan().all().item<bool>());
  }
}

// Values by the formulas, worked out in double precision.
TEST(Gelu, ThreeKinds) {
  const auto at_one = [](const char* name) {
    return gelu(torch::ones({}, torch::kDouble), gelu_of(name)).item<double>();
  };
  EXPECT_NEAR(at_one("gelu"), 0.84134474606854293, 1e-12);
  EXPECT_NEAR(at_one("quick_gelu"), 0.8457957659328212, 1e-9);
  EXPECT_NEAR(at_one("gelu_tanh"), 0.8411919906082768, 1e-9);
  expect_error(ErrorCode::kUsage, {"\"quick_gel\"", "nearest: quick_gelu"},
               [] { gelu_of("quick_gel"); });
}

TEST(Transformer, InitialDeviationsFollowClip) {
  torch::manual_seed(5);
  const double width = 128, depth = 3;
  Transformer transformer(TransformerOptions{128, 3, 4});
  const auto parameters = transformer->named_parameters();
  const auto deviation = [&](const std::string& name) {
    return parameters["layer1." + name + ".weight"].std().item<double>();
  };
  EXPECT_NEAR(deviation("qkv") * std::sqrt(width), 1, 0.02);
  EXPECT_NEAR(deviation("fc1") * std::sqrt(2 * width), 1, 0.02);
  EXPECT_NEAR(deviation("out") * std::sqrt(width) * std::sqrt(2 * depth), 1, 0.02);
  EXPECT_NEAR(deviation("fc2") * std::sqrt(width) * std::sqrt(2 * depth), 1, 0.02);
  for (const auto& item : parameters) {
    if (item.key().ends_with(".bias")) {
      EXPECT_EQ(item.value().count_nonzero().item<int64_t>(), 0) << item.key();
    }
  }
}

TEST(Transformer, WidthIsAMultipleOfTheHeadWidth) {
  EXPECT_EQ(head_count(96, 32, "a tower"), 3);
  expect_error(ErrorCode::kUsage, {"a tower", "width 100", "head_width 32"},
               [] { head_count(100, 32, "a tower"); });
}

TEST(TextTransformer, IsThePositionedTransformerAtTheFirstToken) {
  TextTowerOptions options;
  options.vocabulary = 7;
  options.context = 5;
  options.width = 4;
  options.layers = 1;
  options.head_width = 2;
  options.embedding_width = 3;
  const auto tower = make_text_tower(options);
  tower->to(torch::kDouble);
  randomise(*tower, 6);
  const auto weights = weights_of(*tower);
  const std::vector<int64_t> ids{2, 6, 0, 3};
  const auto y = tower->forward(torch::tensor(ids).view({1, 4}), torch::ones({1, 4}, torch::kBool));
  Matrix x;
  for (size_t i = 0; i < ids.size(); ++i) {
    auto row = linear(weights, "embedding.factor",
                      weights.at("embedding.table.weight")[static_cast<size_t>(ids[i])]);
    for (size_t c = 0; c < row.size(); ++c) row[c] += weights.at("position")[i][c];
    x.push_back(row);
  }
  x = transformer_layer(weights, "transformer.layer0.", x, 2, std::vector<bool>(4, true));
  expect_near(values(y), layer_norm(weights, "transformer.norm", x[0]), kExact);
}

TEST(Vit, IsTheTransformerOfItsPatchesAtTheClassToken) {
  ImageTowerOptions options;
  options.arch = "vit";
  options.size = 6;
  options.patch = 3;
  options.width = 4;
  options.head_width = 2;
  options.blocks = {1, 1};
  const auto tower = make_image_tower(options);
  tower->to(torch::kDouble);
  randomise(*tower, 7);
  const auto weights = weights_of(*tower);
  const auto image = normal({1, 3, 6, 6}, 8);
  const auto pixels = image.accessor<double, 4>();
  Matrix x{weights.at("class_token")[0]};
  for (int row = 0; row < 6; row += 3) {
    for (int column = 0; column < 6; column += 3) {
      Vector patch;
      for (int c = 0; c < 3; ++c) {
        for (int i = 0; i < 9; ++i) patch.push_back(pixels[0][c][row + i / 3][column + i % 3]);
      }
      x.push_back(linear(weights, "patch", patch));
    }
  }
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t c = 0; c < 4; ++c) x[i][c] += weights.at("position")[i][c];
  }
  for (const auto* layer : {"transformer.layer0.", "transformer.layer1."}) {
    x = transformer_layer(weights, layer, x, 2, std::vector<bool>(5, true));
  }
  expect_near(values(tower->forward(image)), layer_norm(weights, "transformer.norm", x[0]), kExact);
}

}  // namespace
}  // namespace clipstill::nn
