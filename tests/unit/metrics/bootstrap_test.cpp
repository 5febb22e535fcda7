#include "metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace clipstill::metrics {
namespace {

double mean_at(const std::vector<double>& values, std::span<const int64_t> indices) {
  double sum = 0;
  for (const int64_t i : indices) sum += values[i];
  return sum / static_cast<double>(indices.size());
}

TEST(Bootstrap, TheMeanOfCoinsHasTheBinomialInterval) {
  std::vector<double> coins(400);
  for (size_t i = 0; i < coins.size(); ++i) coins[i] = i % 4 == 0;  // 25 % heads
  const auto interval = bootstrap(
      400, [&](std::span<const int64_t> indices) { return mean_at(coins, indices); }, 1, 4000);
  EXPECT_DOUBLE_EQ(interval.value, 0.25);
  const double wide = 1.96 * std::sqrt(0.25 * 0.75 / 400);  // 0.042
  EXPECT_NEAR(interval.low, 0.25 - wide, 0.005);
  EXPECT_NEAR(interval.high, 0.25 + wide, 0.005);
}

TEST(Bootstrap, NarrowerConfidenceIsANarrowerInterval) {
  const std::vector<double> values{1, 2, 3, 4, 5, 6, 7, 8};
  const auto statistic = [&](std::span<const int64_t> i) { return mean_at(values, i); };
  const auto wide = bootstrap(8, statistic, 1, 1000, 0.95),
             narrow = bootstrap(8, statistic, 1, 1000, 0.5);
  EXPECT_LT(wide.low, narrow.low);
  EXPECT_GT(wide.high, narrow.high);
}

TEST(Bootstrap, IsAFunctionOfItsSeed) {
  const std::vector<double> values{1, 5, 2, 8, 3};
  const auto statistic = [&](std::span<const int64_t> i) { return mean_at(values, i); };
  const auto a = bootstrap(5, statistic, 7), b = bootstrap(5, statistic, 7);
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
}

TEST(Retention, ValueByHand) {
  // Mean hits of the seeds are 1/2 and 1/4, the reference answers 3 of 4.
  const auto interval = retention({{1, 1, 0, 0}, {0, 0, 1, 0}}, std::vector<float>{1, 1, 1, 0}, 1);
  EXPECT_DOUBLE_EQ(interval.value, 0.375 / 0.75);
  EXPECT_LE(interval.low, interval.value);
  EXPECT_GE(interval.high, interval.value);
}

TEST(Retention, OfTheReferenceItselfIsOneWithoutDoubt) {
  // The queries are drawn together for both, so that their luck cancels out.
  const std::vector<float> reference{1, 0, 1, 1, 0, 1, 0.5f, 0.25f};
  const auto interval = retention({reference, reference}, reference, 3);
  EXPECT_DOUBLE_EQ(interval.value, 1);
  EXPECT_DOUBLE_EQ(interval.low, 1);
  EXPECT_DOUBLE_EQ(interval.high, 1);
}

TEST(Retention, SeedsThatDisagreeWidenTheInterval) {
  std::vector<float> reference(500, 1), good(500, 1), bad(500, 0), half(500, 0);
  for (size_t i = 0; i < half.size(); i += 2) half[i] = 1;
  const auto steady = retention({half, half}, reference, 1);
  const auto shaky = retention({good, bad}, reference, 1);
  EXPECT_DOUBLE_EQ(steady.value, 0.5);
  EXPECT_DOUBLE_EQ(shaky.value, 0.5);
  EXPECT_LT(steady.high - steady.low, 0.1);
  // Both seeds drawn good, or both bad, in a quarter of the draws each.
  EXPECT_DOUBLE_EQ(shaky.low, 0);
  EXPECT_DOUBLE_EQ(shaky.high, 1);
}

TEST(Retention, CoversTheTruthAsOftenAsItSays) {
  Rng rng{5};
  int covered = 0;
  constexpr int kTrials = 200;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<float> reference(300), student(300);
    for (size_t q = 0; q < reference.size(); ++q) {
      reference[q] = rng.chance(0.8);
      student[q] = rng.chance(0.6);
    }
    const auto interval = retention({student}, reference, static_cast<uint64_t>(trial), 400);
    covered += interval.low <= 0.75 && interval.high >= 0.75;
  }
  EXPECT_GE(covered, kTrials * 89 / 100);
  EXPECT_LE(covered, kTrials * 99 / 100 + 1);
}

TEST(PairedDifference, ValueAndCertainty) {
  const auto same = paired_difference({{1, 0, 1}, {0, 0, 1}}, {{1, 0, 1}, {0, 0, 1}}, 1);
  EXPECT_EQ(same.value, 0);
  EXPECT_EQ(same.low, 0);
  EXPECT_EQ(same.high, 0);
  const auto better =
      paired_difference({{1, 1, 1, 0}, {1, 1, 0, 1}}, {{1, 0, 0, 0}, {1, 0, 0, 1}}, 1);
  EXPECT_DOUBLE_EQ(better.value, (0.5 + 0.25) / 2);
  // A student that is right where the other is too, and on every second query besides.
  std::vector<float> a(600, 0), b(600, 0);
  for (size_t i = 0; i < a.size(); i += 2) a[i] = 1;
  const auto clear = paired_difference({a, a}, {b, b}, 1);
  EXPECT_DOUBLE_EQ(clear.value, 0.5);
  EXPECT_GT(clear.low, 0.44);
  EXPECT_LT(clear.high, 0.56);
}

TEST(PairedDifference, OfNothingIsZero) {
  EXPECT_EQ(paired_difference({}, {}, 1).value, 0);
  EXPECT_EQ(paired_difference({{}}, {{}}, 1).high, 0);
}

}  // namespace
}  // namespace clipstill::metrics
