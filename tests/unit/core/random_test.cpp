#include "core/random.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace clipstill {
namespace {

// The published SplitMix64 outputs for seed 1234567 (and the first for seed 0).
TEST(Rng, IsSplitMix64) {
  Rng rng(1234567);
  EXPECT_EQ(rng.next(), 6457827717110365317u);
  EXPECT_EQ(rng.next(), 3203168211198807973u);
  EXPECT_EQ(rng.next(), 9817491932198370423u);
  EXPECT_EQ(rng.next(), 4593380528125082431u);
  EXPECT_EQ(rng.next(), 16408922859458223821u);
  EXPECT_EQ(Rng(0).next(), 0xe220a8397b1dcdafu);
}

// These must never change: shuffles, augmentations and initial weights hang on them.
TEST(Rng, KeysAreStable) {
  constexpr uint64_t kKey123 = 0xe234b8e7662009c0u;
  EXPECT_EQ(mix_key({}), 0x243f6a8885a308d3u);
  EXPECT_EQ(mix_key({1, 2, 3}), kKey123);
  EXPECT_EQ(Rng({1, 2, 3}).next(), mix64(kKey123));
}

TEST(Rng, KeysDependOnEveryPartAndTheirOrder) {
  std::set<uint64_t> keys;
  for (uint64_t a = 0; a < 20; ++a) {
    for (uint64_t b = 0; b < 20; ++b) {
      keys.insert(mix_key({a, b}));
      keys.insert(mix_key({a, b, 0}));
    }
    keys.insert(mix_key({a}));
  }
  EXPECT_EQ(keys.size(), 20u * 20u * 2u + 20u);
}

TEST(Rng, UniformLiesInItsRangeWithTheRightMean) {
  Rng rng({42});
  double sum = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.uniform(-2, 6);
    ASSERT_GE(value, -2);
    ASSERT_LT(value, 6);
    sum += value;
  }
  EXPECT_NEAR(sum / kDraws, 2.0, 0.04);  // 5 standard errors
}

TEST(Rng, BelowIsUniform) {
  Rng rng({7});
  std::vector<int> counts(6);
  constexpr int kDraws = 60000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(rng.below(6));
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 6, 460);  // 5 standard errors
  EXPECT_EQ(rng.below(1), 0u);
}

TEST(Rng, NormalHasZeroMeanAndUnitVariance) {
  Rng rng({9});
  double sum = 0, squares = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.016);
  EXPECT_NEAR(squares / kDraws, 1, 0.023);
}

}  // namespace
}  // namespace clipstill
