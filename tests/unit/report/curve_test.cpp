#include <gtest/gtest.h>

#include <cmath>

#include "report/learning_curve.h"
#include "report/statistic.h"

namespace clipstill::report {
namespace {

const double kNan = std::nan("");

TEST(Statistic, IsTheSampleMeanAndStandardDeviation) {
  const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};
  const Statistic statistic = describe(values);
  EXPECT_DOUBLE_EQ(statistic.mean, 5);
  EXPECT_DOUBLE_EQ(statistic.sd, std::sqrt(32.0 / 7));
  EXPECT_EQ(statistic.runs, 8);
}

TEST(Statistic, LeavesOutWhatIsNotFinite) {
  const std::vector<double> one = {kNan, 3, INFINITY};
  EXPECT_DOUBLE_EQ(describe(one).mean, 3);
  EXPECT_TRUE(std::isnan(describe(one).sd));
  EXPECT_EQ(describe(one).runs, 1);
  EXPECT_TRUE(std::isnan(describe({}).mean));
}

TEST(LearningCurve, IsSortedAndALaterPointOfAStepReplacesTheEarlier) {
  const std::vector<CurvePoint> points = {
      {20, 2, 0.2}, {10, 1, 0.1}, {30, 3, kNan}, {20, 2.5, 0.25}, {40, kNan, 0.4}};
  const Curve curve = clean_curve(points);
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_EQ(curve[0].step, 10);
  EXPECT_EQ(curve[1].step, 20);
  EXPECT_EQ(curve[1].value, 0.25);
}

TEST(LearningCurve, MeanIsTakenWhereAllSeedsWereEvaluated) {
  const std::vector<Curve> seeds = {
      {{10, 1, 0.2}, {20, 2, 0.4}, {30, 3, 0.6}}, {{10, 3, 0.4}, {30, 5, 0.7}}, {}};
  const Curve mean = mean_curve(seeds);
  ASSERT_EQ(mean.size(), 2u);
  EXPECT_EQ(mean[0].step, 10);
  EXPECT_DOUBLE_EQ(mean[0].seconds, 2);
  EXPECT_DOUBLE_EQ(mean[0].value, 0.3);
  EXPECT_EQ(mean[1].step, 30);
  EXPECT_DOUBLE_EQ(mean[1].value, 0.65);
}

TEST(StepsToNative, AreTheFirstEvaluationAtOrAboveNativesLast) {
  // Native peaks at 0.52 and ends at 0.50; its final score is what counts.
  const Curve native = {{100, 10, 0.30}, {200, 20, 0.52}, {400, 40, 0.50}};
  const Curve faster = {{100, 12, 0.49}, {150, 18, 0.50}, {400, 48, 0.60}};
  const auto reached = first_reach_of_native(faster, native);
  ASSERT_TRUE(reached.has_value());
  EXPECT_EQ(reached->step, 150);
  EXPECT_DOUBLE_EQ(reached->seconds, 18);
  EXPECT_DOUBLE_EQ(reached->share_of_steps, 0.375);
  EXPECT_EQ(first_reach_of_native(native, native)->step, 200);
}

TEST(StepsToNative, AreNothingWhereTheScoreIsNotReachedOrNotKnown) {
  const Curve native = {{100, 10, 0.5}};
  EXPECT_FALSE(first_reach_of_native({{100, 10, 0.49}}, native).has_value());
  EXPECT_FALSE(first_reach_of_native({}, native).has_value());
  EXPECT_FALSE(first_reach_of_native(native, {}).has_value());
}

}  // namespace
}  // namespace clipstill::report
