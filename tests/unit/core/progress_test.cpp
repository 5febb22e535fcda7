#include "core/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "core/interrupt.h"
#include "core/log.h"
#include "core/parallel.h"

namespace clipstill {
namespace {

// Gathers what the sink hears while it lives.
class ProgressRecord {
 public:
  ProgressRecord() {
    set_progress_sink([this](const ProgressState& state) { states_.push_back(state); });
  }
  ~ProgressRecord() { set_progress_sink({}); }
  const std::vector<ProgressState>& states() const { return states_; }

 private:
  std::vector<ProgressState> states_;
};

TEST(Progress, EndsWithOneFinishedReport) {
  ProgressRecord record;
  {
    Progress progress("pack", "images", 10);
    progress.advance(4);
    progress.advance(2, "note");
  }
  const auto finished = std::count_if(record.states().begin(), record.states().end(),
                                      [](const auto& state) { return state.finished; });
  EXPECT_EQ(finished, 1);
  const auto& last = record.states().back();
  EXPECT_TRUE(last.finished);
  EXPECT_EQ(last.task, "pack");
  EXPECT_EQ(last.unit, "images");
  EXPECT_EQ(last.done, 6u);
  EXPECT_EQ(last.total, 10u);
  EXPECT_EQ(last.note, "note");
}

TEST(Progress, RateLeavesOutWhatWasDoneBefore) {
  ProgressRecord record;
  {
    Progress progress("resume", "steps", 1000, /*already_done=*/900);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    progress.advance(50);
  }
  const auto& last = record.states().back();
  EXPECT_EQ(last.done, 950u);
  EXPECT_LE(last.rate, 50 / 0.02);  // 950 units would give 19 times as much
  EXPECT_NEAR(last.seconds_left * last.rate, 50, 1e-6);
}

TEST(Progress, ReportsDuringLongWork) {
  ProgressRecord record;
  Progress progress("train", "steps", 0);
  while (record.states().size() < 2) progress.advance();  // ends only if it reports
  EXPECT_FALSE(record.states().front().finished);
}

TEST(Progress, DoesNotReportEveryStep) {
  ProgressRecord record;
  constexpr size_t kSteps = 100'000;
  {
    Progress progress("train", "steps", kSteps);
    for (size_t i = 0; i < kSteps; ++i) progress.advance();
  }
  EXPECT_LT(record.states().size(), kSteps / 10);
}

TEST(Progress, CountsFromManyThreads) {
  ProgressRecord record;
  {
    Progress progress("decode", "images", 1000);
    parallel_for(
        1000, [&](size_t) { progress.advance(); }, 4);
  }
  EXPECT_EQ(record.states().back().done, 1000u);
}

TEST(Log, ReachesTheSinkOnlyWhileThereIsOne) {
  std::vector<std::string> heard;
  log_info("nobody hears {}", 1);
  set_log_sink([&](LogLevel level, std::string_view message) {
    heard.push_back((level == LogLevel::kWarning ? "W:" : "I:") + std::string(message));
  });
  log_info("one {}", 1);
  log_warning("two {}", 2);
  set_log_sink({});
  log_info("three");
  EXPECT_EQ(heard, (std::vector<std::string>{"I:one 1", "W:two 2"}));
}

TEST(Log, ASinkMayComeBackToTheLibrary) {
  std::vector<std::string> heard;
  set_log_sink([&](LogLevel, std::string_view message) {
    heard.emplace_back(message);
    if (message == "first") log_info("from the sink");
    if (message == "last") set_log_sink({});
  });
  for (const char* message : {"first", "last", "unheard"}) log_info("{}", message);
  EXPECT_EQ(heard, (std::vector<std::string>{"first", "from the sink", "last"}));
}

TEST(Interrupt, ASignalSetsTheFlagAndTheSecondEndsTheProcess) {
  install_interrupt_handlers();
  EXPECT_FALSE(interrupt_requested());
  std::raise(SIGTERM);
  EXPECT_TRUE(interrupt_requested());
  request_interrupt(false);
  EXPECT_FALSE(interrupt_requested());
  EXPECT_EXIT(
      {
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace
}  // namespace clipstill
