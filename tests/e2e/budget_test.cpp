// What `clipstill plan --budget` proposes against what `clipstill train` then builds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

json proposed(const fs::path& config, const std::string& budget) {
  return printed({"plan", config.string(), "--budget", budget});
}

/// What `teacher info` counts in a model that was trained for one step.
json trained(const fs::path& config, const fs::path& run, std::vector<std::string> overrides) {
  std::vector<std::string> words{"train", config.string(), "--out", run.string(), "train.steps=1"};
  words.insert(words.end(), overrides.begin(), overrides.end());
  const auto result = clipstill(std::move(words));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return printed({"teacher", "info", (run / "best").string()});
}

void expect_same_size(const json& student, const json& info) {
  EXPECT_EQ(student.at("parameters"), info.at("parameters"));
  EXPECT_EQ(student.at("parameters_total"), info.at("parameters_total"));
  EXPECT_EQ(student.at("image_flops"), info.at("image_flops"));
  EXPECT_EQ(student.at("text_flops"), info.at("text_flops"));
}

TEST(Budget, ProposesStudentsThatAreBuiltAsTold) {
  const auto& scene = Scene::get();
  const ScratchFolder scratch;
  const auto plan = proposed(scene.student_config(), "params=60%,latency=10000ms");
  const auto teacher = printed({"teacher", "info", scene.teacher().string()});
  const int64_t all = teacher.at("parameters_total"), allowed = plan.at("parameters_allowed");
  EXPECT_EQ(plan.at("teacher_parameters"), all);
  EXPECT_LE(5 * allowed, 3 * all);
  EXPECT_GT(5 * (allowed + 1), 3 * all);

  std::set<std::pair<std::string, std::string>> kinds;
  int64_t step = 20;  // of 5 % of the budget
  const auto& students = plan.at("students");
  ASSERT_GE(students.size(), 2u);
  for (size_t i = 0; i < students.size(); ++i) {
    const auto& student = students[i];
    const auto& values = student.at("values");
    const testing::ScopedTrace trace(__FILE__, __LINE__, values.dump());
    const int64_t total = student.at("parameters_total");
    EXPECT_LE(total, allowed);
    EXPECT_DOUBLE_EQ(student.at("share"), static_cast<double>(total) / static_cast<double>(all));
    EXPECT_LE(20 * total / allowed, step);
    step = 20 * total / allowed;
    EXPECT_TRUE(kinds.emplace(values.at("model.image.arch"), values.at("model.text.arch")).second);
    EXPECT_GT(student.at("image_seconds"), 0);
    EXPECT_GT(student.at("text_seconds"), 0);

    std::vector<std::string> overrides;
    for (const auto& [key, value] : values.items()) overrides.push_back(key + "=" + value.dump());
    expect_same_size(student, trained(scene.student_config(),
                                      scratch / ("student" + std::to_string(i)), overrides));
  }
}

TEST(Budget, TheTablesCanBePasted) {
  const auto& scene = Scene::get();
  const ScratchFolder scratch;
  const auto plan = proposed(scene.student_config(), "params=60%");
  std::string text;
  std::istringstream lines(read_file(scene.student_config()));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("model.") && !line.starts_with("tokenizer.")) text += line + "\n";
  }
  write_file(scratch / "pasted.toml", text + plan.at("toml").get<std::string>());
  const auto info = trained(scratch / "pasted.toml", scratch / "pasted", {});
  expect_same_size(plan.at("students")[0], info);
  // What the config sets beside the towers stays.
  EXPECT_EQ(info.at("image_size"), 16);
  EXPECT_EQ(info.at("context"), 12);
  EXPECT_EQ(info.at("embed_dim"), 32);
}

TEST(Budget, ACountNeedsNoTeacherAndAShareDoes) {
  const auto config = Scene::get().teacher_config();
  const auto plan = proposed(config, "params=150k");
  EXPECT_EQ(plan.at("parameters_allowed"), 150'000);
  EXPECT_FALSE(plan.contains("teacher_parameters"));
  const auto share = clipstill({"plan", config.string(), "--budget", "params=10%"});
  EXPECT_EQ(share.exit_code, 2);
  EXPECT_THAT(share.err, HasSubstr("teacher.folder"));
}

TEST(Budget, SaysWhatNothingFits) {
  const auto config = Scene::get().student_config().string();
  const auto small = clipstill({"plan", config, "--budget", "params=1k"});
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_THAT(small.err, AllOf(HasSubstr("at most 1000 parameters"), HasSubstr("smallest")));
  const auto fast = clipstill({"plan", config, "--budget", "params=60%,latency=0.00001ms"});
  EXPECT_EQ(fast.exit_code, 2);
  EXPECT_THAT(fast.err, AllOf(HasSubstr("at most 1e-05 ms"), HasSubstr("the fastest of")));
  const auto nonsense = clipstill({"plan", config, "--budget", "params=small"});
  EXPECT_EQ(nonsense.exit_code, 2);
  EXPECT_THAT(nonsense.err, HasSubstr("found \"small\""));
  const auto both = clipstill({"plan", config, "--budget", "params=60%", "--hours", "1"});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("--hours"));
}

TEST(Budget, TellsSplitOrderAndClock) {
  const auto result = clipstill(
      {"plan", Scene::get().student_config().string(), "--budget", "params=60%,latency=10000ms"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("rule of thumb"), HasSubstr("libtorch"),
                                HasSubstr("clipstill bench"), HasSubstr("[model.image]")));
}

}  // namespace
}  // namespace clipstill::e2e
