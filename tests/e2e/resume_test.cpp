// Runs that are killed, stopped or damaged end with the same bits as one that never was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "core/random.h"
#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kKills = 5;
constexpr uint64_t kSeed = 20261125;

std::vector<std::string> train_words(const fs::path& run, const fs::path& config) {
  return clipstill_words({"train", config.string(), "--out", run.string()});
}

int64_t newest_step(const fs::path& run) {
  const auto steps = checkpoint_steps(run);
  return steps.empty() ? 0 : steps.back();
}

std::function<bool()> has_passed(std::chrono::microseconds delay) {
  return [end = std::chrono::steady_clock::now() + delay] {
    return std::chrono::steady_clock::now() >= end;
  };
}

TEST(Resume, AfterKillsAtAnyMomentTheRunIsTheSame) {
  const auto& scene = Scene::get();
  const ScratchFolder scratch;
  const auto run = scratch / "run";
  Rng rng{kSeed};
  int killed = 0, continued = 0;
  for (int i = 0; i < kKills; ++i) {
    Child child(train_words(run, scene.student_config()));
    // Somewhere in the next few steps; one run in its first moments.
    const int64_t target = i == 0 ? 0 : newest_step(run) + 1 + static_cast<int64_t>(rng.below(6));
    child.run_until([&] { return newest_step(run) >= target; });
    child.run_until(has_passed(std::chrono::microseconds(rng.below(15000))));
    child.send(SIGKILL);
    const auto result = child.result();
    killed += result.exit_code == 128 + SIGKILL;
    continued += result.err.find("continuing at step") != std::string::npos;
  }
  EXPECT_GE(killed, 3) << "the runs ended before they could be killed";
  EXPECT_GE(continued, 2);
  const auto last = cli::run_program(train_words(run, scene.student_config()));
  ASSERT_EQ(last.exit_code, 0) << last.err;
  expect_same_run(run, scene.student_run(), kSteps);
}

class Signal : public testing::TestWithParam<int> {};

TEST_P(Signal, SavesAndTellsHowToGoOn) {
  const auto& scene = Scene::get();
  const ScratchFolder scratch;
  const auto run = scratch / "run";
  const auto words = train_words(run, scene.student_config());
  Child child(words);
  child.run_until([&] { return newest_step(run) >= 4; });
  child.send(GetParam());
  const auto stopped = child.result();
  ASSERT_EQ(stopped.exit_code, 130) << stopped.err;
  const auto step = std::to_string(newest_step(run));
  EXPECT_THAT(stopped.err, HasSubstr("stopped at step " + step + " of 30"));
  EXPECT_THAT(stopped.err, HasSubstr("the same command continues"));
  EXPECT_THAT(stopped.err, HasSubstr(run.string()));

  const auto finished = cli::run_program(words);
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("continuing at step " + step));
  expect_same_run(run, scene.student_run(), kSteps);
}

INSTANTIATE_TEST_SUITE_P(Resume, Signal, testing::Values(SIGINT, SIGTERM));

// A copy of the run of the scene, as a kill would leave it before it is told finished.
fs::path unfinished_copy(const ScratchFolder& scratch) {
  const auto run = scratch / "run";
  fs::copy(Scene::get().student_run(), run, fs::copy_options::recursive);
  fs::remove(run / "finished.json");
  return run;
}

TEST(Resume, ADamagedCheckpointIsPassedOver) {
  for (const std::string name : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    const ScratchFolder scratch;
    const auto run = unfinished_copy(scratch);
    damage_file(checkpoint_folder(run, 30) / name);
    const auto result = cli::run_program(train_words(run, Scene::get().student_config()));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("checkpoint passed over"));
    EXPECT_THAT(result.err, HasSubstr((checkpoint_folder(run, 30) / name).string()));
    EXPECT_THAT(result.err, HasSubstr("continuing at step 28 of 30"));
    expect_same_run(run, Scene::get().student_run(), kSteps);
  }
}

TEST(Resume, WithoutAWholeCheckpointNothingIsTrainedOver) {
  const ScratchFolder scratch;
  const auto run = unfinished_copy(scratch);
  truncate_file(checkpoint_folder(run, 30) / "ema.safetensors");
  fs::remove(checkpoint_folder(run, 28) / "manifest.json");
  const auto before = files_below(run);
  const auto result = cli::run_program(train_words(run, Scene::get().student_config()));
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, HasSubstr("none of the 2 checkpoints"));
  EXPECT_TRUE(files_below(run) == before) << "the run was touched";
}

TEST(Resume, TwoProcessesDoNotTrainInOneFolder) {
  const ScratchFolder scratch;
  const auto run = scratch / "run";
  const auto words = train_words(run, Scene::get().student_config());
  Child first(words);
  first.run_until([&] { return !checkpoint_steps(run).empty(); });
  first.send(SIGSTOP);  // it lives, however long the second takes
  const auto second = cli::run_program(words);
  EXPECT_EQ(second.exit_code, 5) << second.err;
  EXPECT_THAT(second.err, HasSubstr(run.string() + ": another process"));
  first.send(SIGCONT);
  EXPECT_EQ(first.result().exit_code, 0);
  expect_same_run(run, Scene::get().student_run(), kSteps);
}

TEST(Resume, ATruncatedLogIsNoObstacle) {
  const ScratchFolder scratch;
  const auto run = unfinished_copy(scratch);
  fs::remove_all(checkpoint_folder(run, 30));
  std::string log = read_file(run / "log.jsonl");
  write_file(run / "log.jsonl", log + "{\"step\": 99, \"lo");  // as a kill would leave it
  const auto result = cli::run_program(train_words(run, Scene::get().student_config()));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  expect_same_run(run, Scene::get().student_run(), kSteps);
}

TEST(Resume, EmbeddingAfterKillsIsTheSame) {
  const auto& scene = Scene::get();
  const auto config =
      scene.set().write_config("embed", distilled(scene.teacher(), scene.set().folder() / "whole"));
  const std::vector<std::string> words{"teacher", "embed", config.string(), "train.views=24"};
  const auto start = std::chrono::steady_clock::now();
  const auto whole = clipstill(words);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);

  const ScratchFolder scratch;
  const auto cache = scratch / "cache";
  auto again = words;
  again.push_back("teacher.cache=" + cache.string());
  Rng rng{kSeed, 1};
  for (int i = 0; i < kKills; ++i) {
    Child child(clipstill_words(again));
    child.run_until(has_passed(duration * static_cast<int64_t>(30 + rng.below(70)) / 100));
    child.send(SIGKILL);
    child.result();
  }
  const auto finished = clipstill(again);
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(files_below(cache) == files_below(scene.set().folder() / "whole"));
}

}  // namespace
}  // namespace clipstill::e2e
