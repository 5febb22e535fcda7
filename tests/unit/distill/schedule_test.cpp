#include <gtest/gtest.h>

#include "distill/loss.h"

namespace clipstill::distill {
namespace {

TEST(WeightSchedule, IsConstantWithoutAFinalWeight) {
  const WeightSchedule schedule{/*weight=*/3};
  for (const int64_t step : {0, 1, 50, 100}) EXPECT_EQ(schedule.at(step, 100), 3);
}

TEST(WeightSchedule, MovesLinearlyBetweenItsShares) {
  const WeightSchedule schedule{/*weight=*/4, /*final_weight=*/1, /*start=*/0.2, /*end=*/0.8};
  EXPECT_DOUBLE_EQ(schedule.at(0, 100), 4);
  EXPECT_DOUBLE_EQ(schedule.at(20, 100), 4);
  EXPECT_DOUBLE_EQ(schedule.at(30, 100), 3.5);  // 10 of 60 steps on the way, 3 to go
  EXPECT_DOUBLE_EQ(schedule.at(50, 100), 2.5);
  EXPECT_DOUBLE_EQ(schedule.at(79, 100), 1.05);
  EXPECT_DOUBLE_EQ(schedule.at(80, 100), 1);
  EXPECT_DOUBLE_EQ(schedule.at(100, 100), 1);
}

TEST(WeightSchedule, MayEndAtZeroOrRise) {
  const WeightSchedule falling{/*weight=*/2, /*final_weight=*/0};
  EXPECT_DOUBLE_EQ(falling.at(25, 100), 1.5);
  EXPECT_DOUBLE_EQ(falling.at(100, 100), 0);
  const WeightSchedule rising{/*weight=*/0, /*final_weight=*/8};
  EXPECT_DOUBLE_EQ(rising.at(1, 4), 2);
}

TEST(WeightSchedule, EmptySpansStep) {
  const WeightSchedule schedule{/*weight=*/1, /*final_weight=*/5, /*start=*/0.5, /*end=*/0.5};
  EXPECT_DOUBLE_EQ(schedule.at(50, 100), 1);
  EXPECT_DOUBLE_EQ(schedule.at(51, 100), 5);
  EXPECT_DOUBLE_EQ(schedule.at(0, 0), 1);  // a run of no steps
}

}  // namespace
}  // namespace clipstill::distill
