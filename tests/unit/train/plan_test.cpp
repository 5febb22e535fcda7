// What a plan advises; the plan itself is compared with real work end to end.
#include "train/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tiny_models.h"
#include "train/trial.h"

namespace clipstill::train {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int64_t kGB = 1'000'000'000;

// Soft labels of 10 h and 40 GB, trainings of 5 h: 16 views, 8,000 steps.
Plan long_plan() {
  Plan plan;
  plan.stages = {{"soft labels", "", 1, 10 * 3600, 6 * kGB, 40 * kGB},
                 {"train native", "", 2, 2.5 * 3600, 3 * kGB, 1 * kGB}};
  plan.seconds = 15 * 3600;
  plan.memory_bytes = 6 * kGB;
  plan.disk_bytes = 42 * kGB;
  return plan;
}

RunConfig long_config() {
  RunConfig config;
  config.train.views = 16;
  config.train.steps = 8000;
  config.train.batch = 256;
  config.teacher.cache = "labels";
  return config;
}

TEST(PlanAdvice, WhatFitsNeedsNone) {
  EXPECT_THAT(advice(long_plan(), long_config(), 1, {}), IsEmpty());
  EXPECT_THAT(advice(long_plan(), long_config(), 1, {15, 6 * kGB, 42 * kGB}), IsEmpty());
}

TEST(PlanAdvice, ViewsGiveWayWhereSoftLabelsTakeLongest) {
  // 5 h are for training: of 10 h that 16 views take, 5 h are left, for 8.
  EXPECT_THAT(advice(long_plan(), long_config(), 1, {10, 0, 0}),
              ElementsAre(AllOf(HasSubstr("15 h 00 min needed, 10 h 00 min allowed"),
                                HasSubstr("teacher.bf16=true"),
                                HasSubstr("train.views=8 (16 views take 10 h 00 min"))));
  auto bf16 = long_config();
  bf16.teacher.bf16 = true;
  EXPECT_THAT(advice(long_plan(), bf16, 1, {10, 0, 0}), ElementsAre(Not(HasSubstr("bf16"))));
  auto cuda = long_config();  // where teacher.bf16 is refused
  cuda.teacher.device = "cuda";
  EXPECT_THAT(advice(long_plan(), cuda, 1, {10, 0, 0}), ElementsAre(Not(HasSubstr("bf16"))));
  // Training alone takes more: no number of views would do without fewer steps.
  EXPECT_THAT(advice(long_plan(), bf16, 1, {4, 0, 0}),
              ElementsAre(AllOf(Not(HasSubstr("(16 views take")),
                                HasSubstr("train.views=4 train.steps=2400 together"))));
}

TEST(PlanAdvice, ViewsAndStepsAreCutByOneShare) {
  // 4 of 15 h: 4 of 16 views take 2.5 h, and 1.5 h are left for 2,400 of the 8,000 steps of 5 h.
  EXPECT_THAT(shortened(long_plan(), long_config(), 4),
              ElementsAre("train.views=4", "train.steps=2400"));
  EXPECT_THAT(shortened(long_plan(), long_config(), 15), IsEmpty());
  EXPECT_THAT(shortened(long_plan(), long_config(), 0), IsEmpty());
  // A view alone takes 37.5 minutes.
  EXPECT_THAT(shortened(long_plan(), long_config(), 0.5), IsEmpty());
}

TEST(PlanAdvice, WhatIsEmbeddedKeepsItsViews) {
  auto plan = long_plan();
  plan.stages.front() = {"test", "", 1, 3600, 0, 0};  // is not shortened
  plan.seconds = 6 * 3600;
  EXPECT_THAT(shortened(plan, long_config(), 3), ElementsAre("train.steps=3200"));
  EXPECT_THAT(shortened(plan, long_config(), 1), IsEmpty());
}

TEST(PlanAdvice, StepsGiveWayWhereTrainingTakesLongest) {
  auto plan = long_plan();
  plan.seconds = 30 * 3600;  // 20 h of training
  EXPECT_THAT(advice(plan, long_config(), 1, {20, 0, 0}),
              ElementsAre(AllOf(HasSubstr("train.bf16=true"), HasSubstr("train.steps=4000 "))));
}

TEST(PlanAdvice, MemoryNamesTheStageAndItsRemedy) {
  EXPECT_THAT(
      advice(long_plan(), long_config(), 2, {0, 4 * kGB, 0}),
      ElementsAre(AllOf(HasSubstr("\"soft labels\" needs 6.0 GB, there are 4.0 GB"),
                        HasSubstr("teacher.memory=4000M "), HasSubstr("copy labels here"))));
  auto bounded = long_config();  // what is left is not for a lower bound to mend
  bounded.teacher.memory = "4G";
  auto elsewhere = long_config();
  elsewhere.teacher.device = "cuda";
  for (const auto* of : {&bounded, &elsewhere}) {
    EXPECT_THAT(
        advice(long_plan(), *of, 2, {0, 4 * kGB, 0}),
        ElementsAre(AllOf(Not(HasSubstr("teacher.memory")), HasSubstr("copy labels here"))));
  }
  auto plan = long_plan();
  plan.stages[0].memory_bytes = 1 * kGB;
  EXPECT_THAT(advice(plan, long_config(), 2, {0, 2 * kGB, 0}),
              ElementsAre(AllOf(HasSubstr("\"train native\" needs 3.0 GB"),
                                HasSubstr("compare.jobs=1"), HasSubstr("train.micro_batch=64 "))));
  auto tested = plan;
  tested.stages.push_back({"test", "", 1, 60, 7 * kGB, 0});  // nothing that can be set mends it
  tested.memory_bytes = 7 * kGB;
  EXPECT_THAT(advice(tested, long_config(), 2, {0, 2 * kGB, 0}),
              ElementsAre(AllOf(HasSubstr("\"test\" needs 7.0 GB"), Not(HasSubstr("teacher.")),
                                Not(HasSubstr("micro_batch")), HasSubstr("a smaller teacher"))));
  auto config = long_config();
  config.train.micro_batch = 32;
  EXPECT_THAT(
      advice(plan, config, 1, {0, 2 * kGB, 0}),
      ElementsAre(AllOf(Not(HasSubstr("compare.jobs")), HasSubstr("train.micro_batch=8 "))));
}

class Trial : public testing::Test {
 protected:
  Trial() {
    const auto teacher = tiny_model(data_, 3);
    save_model(scratch_ / "teacher", teacher, named_tensors(*teacher.network));
    config_.teacher.folder = scratch_ / "teacher";
    config_.tokenizer.vocabulary = 40;
    config_.model = tiny_options();
    config_.train.batch = 4;
    config_.train.threads = 1;
  }

  ScratchFolder scratch_;
  RunData data_ = tiny_data();
  RunConfig config_;
};

// A comparison of native students alone has no fixed views, and its teacher is tested all the same.
TEST_F(Trial, NoViewsAreEmbeddedInNoTime) {
  config_.train.views = 0;
  const auto trial = try_teacher(config_, config_.teacher.folder, data_);
  EXPECT_EQ(trial.shape.dim, 8);
  EXPECT_EQ(trial.embed_seconds, 0);
  EXPECT_GT(trial.test_seconds, 0);
  config_.train.views = 2;
  EXPECT_GT(try_teacher(config_, config_.teacher.folder, data_).embed_seconds, 0);
}

TEST_F(Trial, WhatIsInheritedTakesTime) {
  config_.inherit = "text";
  const auto tokenizer = make_tokenizer(config_.tokenizer, data_.train);
  EXPECT_GT(try_training(config_, data_, tokenizer, {}, 1).start_seconds, 0);
}

TEST(PlanAdvice, DiskNamesTheViewsThatFit) {
  // 22 GB less 2 GB of runs: half of the 40 GB.
  EXPECT_THAT(
      advice(long_plan(), long_config(), 1, {0, 0, 22 * kGB}),
      ElementsAre(AllOf(HasSubstr("42.0 GB needed, 22.0 GB free"), HasSubstr("train.views=8 "))));
  EXPECT_THAT(advice(long_plan(), long_config(), 1, {0, 0, 1 * kGB}),
              ElementsAre(HasSubstr("another disk")));
}

}  // namespace
}  // namespace clipstill::train
