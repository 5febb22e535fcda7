#include "report/format.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/ticks.h"

namespace clipstill::report {
namespace {

TEST(Format, Percentages) {
  EXPECT_EQ(percent(0.96549), "96.5 %");
  EXPECT_EQ(percent(1), "100.0 %");
  EXPECT_EQ(percent_number(-0.0204), "−2.0");
  EXPECT_EQ(percent(std::nan("")), kMissing);
}

TEST(Format, PointsCarryTheirSignUnlessTheyRoundToZero) {
  EXPECT_EQ(points(0.053), "+5.3");
  EXPECT_EQ(points(-0.053), "−5.3");
  EXPECT_EQ(points(0.0004), "0.0");
  EXPECT_EQ(points(-0.0004), "0.0");
  EXPECT_EQ(points(std::nan("")), kMissing);
}

TEST(Format, Intervals) {
  EXPECT_EQ(percent_interval(metrics::Interval{0.965, 0.952, 0.979}), "96.5 [95.2, 97.9]");
  EXPECT_EQ(points_interval(metrics::Interval{0.01, -0.02, 0.04}), "+1.0 [−2.0, +4.0]");
  EXPECT_EQ(percent_interval(std::nullopt), kMissing);
}

TEST(Format, MeansShowASpreadFromTwoRunsOn) {
  EXPECT_EQ(percent_over_runs({.mean = 0.603, .sd = 0.0081, .runs = 3}), "60.3 ± 0.8");
  EXPECT_EQ(percent_over_runs({.mean = 0.603, .runs = 1}), "60.3");
  EXPECT_EQ(percent_over_runs({}), kMissing);
}

TEST(Format, CountsAndMagnitudes) {
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(1000), "1,000");
  EXPECT_EQ(count(-1234567), "−1,234,567");
  EXPECT_EQ(count(std::nan("")), kMissing);
  EXPECT_EQ(magnitude(0), "0");
  EXPECT_EQ(magnitude(928320), "928 k");
  EXPECT_EQ(magnitude(999999), "1 M");
  EXPECT_EQ(magnitude(10684928), "10.7 M");
}

TEST(Format, Durations) {
  EXPECT_EQ(duration(4.26), "4.3 s");
  EXPECT_EQ(duration(59.4), "59 s");
  EXPECT_EQ(duration(59.7), "1 min 00 s");
  EXPECT_EQ(duration(372), "6 min 12 s");
  EXPECT_EQ(duration(3599.9), "1 h 00 min");
  EXPECT_EQ(duration(11100), "3 h 05 min");
  EXPECT_EQ(duration(std::nan("")), kMissing);
}

TEST(Ticks, AreRoundAndInside) {
  EXPECT_EQ(linear_ticks(0, 4080, 5), (std::vector<double>{0, 1000, 2000, 3000, 4000}));
  const std::vector<double> shares = linear_ticks(0.832, 1.022, 6);
  ASSERT_EQ(shares.size(), 4u);
  EXPECT_DOUBLE_EQ(shares.front(), 0.85);
  EXPECT_DOUBLE_EQ(shares.back(), 1.0);
  EXPECT_EQ(log_ticks(5e5, 1.2e7), (std::vector<double>{5e5, 1e6, 2e6, 5e6, 1e7}));
  EXPECT_EQ(log_ticks(1, 1e5), (std::vector<double>{1, 10, 100, 1000, 1e4, 1e5}));
}

TEST(Ticks, OfADegenerateRangeAreNoneRatherThanALoop) {
  EXPECT_TRUE(linear_ticks(1, 1, 5).empty());
  EXPECT_TRUE(linear_ticks(0, std::nan(""), 5).empty());
  EXPECT_TRUE(log_ticks(0, 10).empty());
  EXPECT_TRUE(log_ticks(1, INFINITY).empty());
}

}  // namespace
}  // namespace clipstill::report
