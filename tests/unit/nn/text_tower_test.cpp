#include "nn/text_tower.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "tensors.h"

namespace clipstill::nn {
namespace {

TextTowerOptions small(const std::string& arch) {
  TextTowerOptions options;
  options.arch = arch;
  options.vocabulary = 11;
  options.context = 6;
  options.width = 8;
  options.layers = 2;
  options.head_width = 4;
  options.end_id = 12;  // none of them ends a text early
  return options;
}

const std::vector<int64_t> kLengths{4, 6, 1};

torch::Tensor ids(uint64_t seed) {  // [3, 6]
  Rng rng(seed);
  auto out = torch::empty({3, 6}, torch::kLong);
  for (int64_t i = 0; i < 18; ++i) {
    out.data_ptr<int64_t>()[i] = static_cast<int64_t>(rng.below(11));
  }
  return out;
}

torch::Tensor mask() {  // [3, 6]
  auto out = torch::zeros({3, 6}, torch::kBool);
  for (int64_t row = 0; row < 3; ++row) {
    out[row].narrow(0, 0, kLengths[static_cast<size_t>(row)]).fill_(true);
  }
  return out;
}

class EveryTextTower : public testing::TestWithParam<std::string> {};

TEST_P(EveryTextTower, GivesOneRowAText) {
  const std::map<std::string, int64_t> widths{{"transformer", 8}, {"clip_text", 8},
                                              {"siglip_text", 8}, {"bert", 8},
                                              {"lstm", 16},       {"seed_lstm", 256}};
  const auto tower = make_text_tower(small(GetParam()));
  EXPECT_EQ(tower->feature_width(), widths.at(GetParam()));
  EXPECT_EQ(tower->forward(ids(1), mask()).sizes(),
            (std::vector<int64_t>{3, widths.at(GetParam())}));
}

TEST_P(EveryTextTower, GradientsReachEveryParameter) {
  for (const int64_t embedding_width : {0, 3}) {
    auto options = small(GetParam());
    options.embedding_width = embedding_width;
    const auto tower = make_text_tower(options);
    const auto features = tower->forward(ids(2), mask());
    EXPECT_EQ(parameters_without_gradient(*tower, features), std::vector<std::string>{});
  }
}

TEST_P(EveryTextTower, WhatPaddingHoldsDoesNotMatter) {
  const auto tower = make_text_tower(small(GetParam()));
  const auto tokens = ids(3);
  const auto other = torch::where(mask(), tokens, (tokens + 5).remainder(11));
  ASSERT_FALSE(torch::equal(tokens, other));
  EXPECT_TRUE(torch::equal(tower->forward(tokens, mask()), tower->forward(other, mask())));
}

TEST_P(EveryTextTower, ATextAloneEqualsTheSameTextPadded) {
  const auto tower = make_text_tower(small(GetParam()));
  const auto tokens = ids(4);
  const auto together = tower->forward(tokens, mask());
  for (int64_t row = 0; row < 3; ++row) {
    const auto length = kLengths[static_cast<size_t>(row)];
    const auto alone = tower->forward(tokens.narrow(0, row, 1).narrow(1, 0, length),
                                      torch::ones({1, length}, torch::kBool));
    EXPECT_LT(largest_difference(alone[0], together[row]), 1e-6) << "text " << row;
  }
}

TEST_P(EveryTextTower, EveryTokenCounts) {
  const auto tower = make_text_tower(small(GetParam()));
  const auto tokens = ids(6);
  const auto before = tower->forward(tokens, mask());
  for (int64_t row = 0; row < 3; ++row) {
    for (int64_t i = 0; i < kLengths[static_cast<size_t>(row)]; ++i) {
      auto other = tokens.clone();
      other[row][i] = (other[row][i] + 1).remainder(11);
      const auto after = tower->forward(other, mask());
      EXPECT_GT(largest_difference(before[row], after[row]), 0) << row << ", " << i;
    }
  }
}

TEST_P(EveryTextTower, CountsTheEmbeddingTable) {
  auto options = small(GetParam());
  const int64_t width = GetParam() == "seed_lstm" ? 768 : 8;
  EXPECT_EQ(make_text_tower(options)->embedding_parameters(), 11 * width);
  options.embedding_width = 3;
  EXPECT_EQ(make_text_tower(options)->embedding_parameters(),
            GetParam() == "seed_lstm" ? 11 * 768 : 11 * 3 + 3 * 8);
}

INSTANTIATE_TEST_SUITE_P(All, EveryTextTower, testing::ValuesIn(text_tower_names()),
                         [](const auto& test) { return test.param; });

TEST(TextTower, NamesAreKnown) {
  EXPECT_EQ(text_tower_names(),
            (StringList{"transformer", "clip_text", "siglip_text", "bert", "lstm", "seed_lstm"}));
  expect_error(ErrorCode::kUsage, {"text tower", "\"transfomer\"", "nearest: transformer"},
               [] { make_text_tower(small("transfomer")); });
}

// Pooling takes the first end token, wherever padding or a literal "<|endoftext|>" puts others.
TEST(ClipText, FeatureIsThatOfTheFirstEndToken) {
  auto options = small("clip_text");
  options.end_id = 7;
  const auto tower = make_text_tower(options);
  const auto all = torch::ones({1, 6}, torch::kBool);
  const auto text = [](std::vector<int64_t> tokens) { return torch::tensor(tokens).view({1, 6}); };
  const auto feature = tower->forward(text({1, 2, 7, 7, 7, 7}), all);
  EXPECT_LT(largest_difference(feature, tower->forward(text({1, 2, 7, 3, 4, 7}), all)), 1e-6);
  EXPECT_GT(largest_difference(feature, tower->forward(text({1, 3, 7, 7, 7, 7}), all)), 1e-3);
  const auto hidden = torch::tensor({1, 1, 1, 0, 0, 0}).to(torch::kBool).view({1, 6});
  EXPECT_LT(largest_difference(feature, tower->forward(text({1, 2, 7, 7, 7, 7}), hidden)), 1e-6);
}

TEST(TextTower, PositionsBeyondTheContextAreKept) {
  auto options = small("bert");
  options.positions = 9;
  EXPECT_EQ(make_text_tower(options)->named_parameters()["position"].size(0), 9);
  options.positions = 5;
  expect_error(ErrorCode::kUsage, {"bert", "5 positions", "context of 6"},
               [&] { make_text_tower(options); });
}

TEST(TextTower, SizesThatDoNotFitAreRefused) {
  auto options = small("transformer");
  options.head_width = 5;
  expect_error(ErrorCode::kUsage, {"transformer", "width 8", "head_width 5"},
               [&] { make_text_tower(options); });
  options = small("transformer");
  options.vocabulary = 0;
  expect_error(ErrorCode::kInternal, {"vocabulary"}, [&] { make_text_tower(options); });
}

TEST(TextTower, OptionsAreDeclaredUnderThePrefix) {
  TextTowerOptions options;
  OptionSet set;
  declare_options(set, "model.text", options);
  for (const auto* assignment :
       {"model.text.arch=lstm", "model.text.context=40", "model.text.width=48",
        "model.text.layers=3", "model.text.head_width=16", "model.text.embedding_width=20",
        "model.text.activation=quick_gelu", "model.text.mlp_width=96"}) {
    set.assign_override(assignment);
  }
  EXPECT_EQ(options.arch, "lstm");
  EXPECT_EQ(options.context, 40);
  EXPECT_EQ(options.width, 48);
  EXPECT_EQ(options.layers, 3);
  EXPECT_EQ(options.head_width, 16);
  EXPECT_EQ(options.embedding_width, 20);
  EXPECT_EQ(options.activation, "quick_gelu");
  EXPECT_EQ(options.mlp_width, 96);
  EXPECT_EQ(set.find("model.text.vocabulary"), nullptr);  // the tokenizer says it
}

}  // namespace
}  // namespace clipstill::nn
