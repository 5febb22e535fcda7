// The recurrent text towers against plain loops, with texts of unequal length.
#include <gtest/gtest.h>

#include "nn/text_tower.h"
#include "reference.h"
#include "tensors.h"

namespace clipstill::nn {
namespace {

const std::vector<std::vector<int64_t>> kTexts{{1, 4, 2}, {3, 0, 6, 5, 2}, {5}};
constexpr int64_t kLongest = 5;

torch::Tensor forward(TextTower& tower) {
  auto ids = torch::full({3, kLongest}, 6, torch::kLong);
  auto mask = torch::zeros({3, kLongest}, torch::kBool);
  for (int64_t row = 0; row < 3; ++row) {
    const auto& text = kTexts[static_cast<size_t>(row)];
    for (int64_t i = 0; i < static_cast<int64_t>(text.size()); ++i) {
      ids[row][i] = text[static_cast<size_t>(i)];
      mask[row][i] = true;
    }
  }
  return tower.forward(ids, mask);
}

Matrix embed(const Weights& weights, const std::vector<int64_t>& text) {
  Matrix rows;
  for (const auto id : text) {
    rows.push_back(weights.at("embedding.table.weight")[static_cast<size_t>(id)]);
  }
  return rows;
}

void expect_near(const Vector& actual, const Vector& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-9) << i;
}

TEST(TextLstm, IsTheMeanOfBothDirectionsOverTheTokens) {
  TextTowerOptions options;
  options.arch = "lstm";
  options.vocabulary = 7;
  options.width = 3;
  options.layers = 2;
  const auto tower = make_text_tower(options);
  tower->to(torch::kDouble);
  randomise(*tower, 1);
  const auto weights = weights_of(*tower);
  const auto features = matrix(forward(*tower));
  for (size_t row = 0; row < kTexts.size(); ++row) {
    SCOPED_TRACE(row);
    auto x = embed(weights, kTexts[row]);
    for (const std::string layer : {"_l0", "_l1"}) {
      auto states = lstm(weights, "lstm.", layer, x);
      const auto reverse = lstm(weights, "lstm.", layer + "_reverse", x);
      for (size_t i = 0; i < states.size(); ++i) {
        states[i].insert(states[i].end(), reverse[i].begin(), reverse[i].end());
      }
      x = states;
    }
    Vector mean(6, 0.0);
    for (const auto& state : x) {
      for (size_t c = 0; c < mean.size(); ++c) {
        mean[c] += state[c] / static_cast<double>(x.size());
      }
    }
    expect_near(features[row], mean);
  }
}

TEST(SeedLstm, IsTheStateAtTheLastToken) {
  TextTowerOptions options;
  options.arch = "seed_lstm";
  options.vocabulary = 7;
  const auto tower = make_text_tower(options);
  tower->to(torch::kDouble);
  const auto weights = weights_of(*tower);
  const auto features = matrix(forward(*tower));
  for (size_t row = 0; row < kTexts.size(); ++row) {
    SCOPED_TRACE(row);
    expect_near(features[row], lstm(weights, "lstm.", "_l0", embed(weights, kTexts[row])).back());
  }
}

}  // namespace
}  // namespace clipstill::nn
