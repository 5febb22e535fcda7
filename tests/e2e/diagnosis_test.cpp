// Trainings that cannot learn, made so on purpose: each says why, and a healthy one says nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> warned(const fs::path& run) {
  std::vector<std::string> signs;
  for (const auto& entry : log_of(run)) {
    if (entry.contains("warning")) signs.push_back(entry.at("warning"));
  }
  return signs;
}

/// Trains `config` in a folder of its own, with these changes.
ProgramResult train(const std::string& config, const fs::path& run, std::vector<std::string> more) {
  std::vector<std::string> words{"train",
                                 config,
                                 "--out",
                                 run.string(),
                                 "train.evaluate_every=200",
                                 "train.checkpoint_every=70"};
  words.insert(words.end(), more.begin(), more.end());
  auto result = clipstill(words);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result;
}

TEST(Diagnosis, WhatLearnsIsLeftInPeace) {
  const auto& scene = Scene::get();
  EXPECT_THAT(warned(scene.teacher_run()), IsEmpty());
  EXPECT_THAT(warned(scene.student_run()), IsEmpty());
  const auto run = scene.set().folder() / "longer";
  const auto result = train(scene.teacher_config().string(), run, {"train.steps=240"});
  EXPECT_THAT(warned(run), IsEmpty());
  EXPECT_EQ(result.err.find(", step "), std::string::npos) << result.err;
}

TEST(Diagnosis, WithoutALearningRateTheLossStaysAtChance) {
  const auto& scene = Scene::get();
  const auto run = scene.set().folder() / "no-rate";
  const auto result =
      train(scene.teacher_config().string(), run, {"train.steps=210", "train.lr=0"});
  EXPECT_THAT(warned(run), testing::Contains("near_chance"));
  EXPECT_THAT(result.err, HasSubstr("step 200: loss.ce was "));
  EXPECT_THAT(result.err, HasSubstr("guessing among 8 pairs costs 2.079"));
}

TEST(Diagnosis, OneLabelForEverythingIsToldInTheFirstBatches) {
  const auto& scene = Scene::get();
  const auto pairs = scene.set().folder() / "one-label.csv";
  const auto csv = read_file(scene.set().folder() / "pairs.csv");
  write_file(pairs, std::regex_replace(csv, std::regex(",concept-[0-9]+,"), ",thing,"));
  const auto run = scene.set().folder() / "one-label";
  const auto result = train(scene.teacher_config().string(), run,
                            {"train.steps=10", "data.path=" + pairs.string()});
  EXPECT_THAT(warned(run), ElementsAre("one_label"));
  EXPECT_THAT(result.err,
              HasSubstr("step 5: every pair of the first 5 batches has the same label"));
}

}  // namespace
}  // namespace clipstill::e2e
