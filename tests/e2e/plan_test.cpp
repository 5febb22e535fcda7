// What `clipstill plan` predicts against what the work then took.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json planned(std::vector<std::string> words) {
  words.insert(words.begin(), "plan");
  return printed(std::move(words));
}

std::vector<std::string> names(const json& plan) {
  std::vector<std::string> all;
  for (const auto& stage : plan.at("stages")) all.push_back(stage.at("name"));
  return all;
}

double bytes_below(const fs::path& folder) {
  double bytes = 0;
  for (const auto& [name, content] : files_below(folder))
    bytes += static_cast<double>(content.size());
  return bytes;
}

TEST(Plan, CountsWhatATrainingLeavesOnDisk) {
  const auto& scene = Scene::get();
  const auto folder = scene.set().folder();
  const auto before = files_below(folder);
  const auto plan = planned(
      {scene.student_config().string(), "teacher.cache=" + (folder / "not-embedded").string()});
  EXPECT_TRUE(files_below(folder) == before);  // nothing is kept
  ASSERT_THAT(names(plan), ElementsAre("soft labels", "train"));
  const auto& labels = plan.at("stages")[0];
  const auto& training = plan.at("stages")[1];
  // The rest of a cache are names and fingerprints.
  const double cache = bytes_below(scene.cache());
  EXPECT_GT(cache, labels.at("disk_bytes"));
  EXPECT_LT(cache, labels.at("disk_bytes").get<double>() + 8192);
  // A third checkpoint is there while it is written; logs and the names of tensors come on top.
  const double run = bytes_below(scene.student_run());
  EXPECT_LT(run, training.at("disk_bytes").get<double>() + 65536);
  EXPECT_GT(run, training.at("disk_bytes").get<double>() * 0.6);
  EXPECT_GT(labels.at("seconds"), 0);
  EXPECT_GT(training.at("seconds"), 0);
  EXPECT_GT(training.at("memory_bytes"), 1e7);
  EXPECT_EQ(plan.at("seconds"),
            labels.at("seconds").get<double>() + training.at("seconds").get<double>());
  EXPECT_EQ(plan.at("fits"), true);
}

TEST(Plan, WhatIsEmbeddedIsNotCounted) {
  EXPECT_THAT(names(planned({Scene::get().student_config().string()})), ElementsAre("train"));
}

TEST(Plan, AComparisonTrainsEachVariantWithEachSeed) {
  const auto& scene = Scene::get();
  const auto config =
      scene.set().write_config("planned", distilled(scene.teacher(), scene.cache()) + R"(
compare.seeds = [1, 2, 3]
compare.jobs = 2
[sweep]
seeds = [1, 2]
[sweep.grid]
"train.lr" = [1e-3, 2e-3]
[[variant]]
name = "native"
loss.kl.weight = 0
loss.fd.weight = 0
loss.icl.weight = 0
[[variant]]
name = "distilled"
)");
  const auto plan = planned({config.string()});
  ASSERT_THAT(names(plan), ElementsAre("train native", "train distilled", "test"));
  double all = 0, longest = 0;
  for (const auto& stage : plan.at("stages")) {
    const double seconds = stage.at("seconds");
    all += seconds * stage.at("times").get<double>();
    longest = std::max(longest, seconds);
  }
  EXPECT_EQ(plan.at("stages")[0].at("times"), 3);
  // Two at a time: more than half of the sum, and no more than half and one of them.
  const double test = plan.at("stages")[2].at("seconds");
  EXPECT_GT(plan.at("stages")[2].at("memory_bytes"), 1e6);  // of the teacher
  EXPECT_GE(plan.at("seconds"), (all - test) / 2 + test - 1e-9);
  EXPECT_LE(plan.at("seconds"), (all - test) / 2 + test + longest);
  EXPECT_THAT(names(planned({config.string(), "compare.variants=native"})),
              ElementsAre("train native", "test"));
}

TEST(Plan, SaysWhatDoesNotFit) {
  const auto result = clipstill(
      {"plan", Scene::get().student_config().string(), "--memory=0.001", "train.batch=8"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("train.micro_batch=2"));
}

}  // namespace
}  // namespace clipstill::e2e
