// A hundred kills of each long command, at moments drawn from the whole time that it takes: what it
// ends with is, bit for bit, what a run without any kill ends with.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <functional>

#include "child.h"
#include "core/random.h"
#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr int kKills = 100;
constexpr uint64_t kSeed = 20261127;

/// The words of a command that writes into this folder.
using Command = std::function<std::vector<std::string>(const fs::path& out)>;
using Check = std::function<void(const fs::path& out, const fs::path& reference)>;

void expect_same_files(const fs::path& out, const fs::path& reference) {
  EXPECT_TRUE(files_below(out) == files_below(reference)) << out << " differs from " << reference;
}

/// Kills the command until it was killed kKills times; whenever it came to its end all the same,
/// checks what it wrote and goes on with a new folder. The last one is left alone.
void expect_no_trace_of_kills(const Command& command, const Check& check) {
  const ScratchFolder whole;
  const auto reference = whole / "out";
  const auto start = Clock::now();
  const auto undisturbed = cli::run_program(command(reference));
  ASSERT_EQ(undisturbed.exit_code, 0) << undisturbed.err;
  const auto duration = std::chrono::duration_cast<microseconds>(Clock::now() - start).count();

  Rng rng{kSeed};
  for (int killed = 0, finished = 0; killed < kKills || finished == 0;) {
    const ScratchFolder scratch;
    const auto out = scratch / "out";
    for (bool has_finished = false; !has_finished;) {
      Child child(command(out));
      if (killed < kKills) {
        const auto end = Clock::now() + microseconds(rng.below(static_cast<uint64_t>(duration)));
        child.run_until([&] { return Clock::now() >= end; });
        child.send(SIGKILL);
      }
      const auto result = child.result();
      has_finished = result.exit_code == 0;
      killed += result.exit_code == 128 + SIGKILL;
      ASSERT_TRUE(has_finished || result.exit_code == 128 + SIGKILL)
          << "after " << killed << " kills: " << result.err;
    }
    ++finished;
    check(out, reference);
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << killed << " kills";
  }
}

TEST(Kills, Training) {
  const auto config = Scene::get().student_config();
  expect_no_trace_of_kills(
      [&](const fs::path& out) {
        return clipstill_words({"train", config.string(), "--out", out.string()});
      },
      [](const fs::path& out, const fs::path& reference) {
        expect_same_run(out, reference, kSteps);
      });
}

TEST(Kills, Embedding) {
  const auto config = Scene::get().student_config();
  expect_no_trace_of_kills(
      [&](const fs::path& out) {
        return clipstill_words({"teacher", "embed", config.string(), "train.views=24",
                                "teacher.cache=" + out.string()});
      },
      expect_same_files);
}

TEST(Kills, Packing) {
  const auto pairs = Scene::get().set().folder() / "pairs.csv";
  expect_no_trace_of_kills(
      [&](const fs::path& out) {
        return clipstill_words({"data", "pack", pairs.string(), out.string()});
      },
      expect_same_files);
}

TEST(Kills, Exporting) {
  const auto model = Scene::get().student_run() / "best";
  expect_no_trace_of_kills(
      [&](const fs::path& out) {
        return clipstill_words({"export", model.string(), "--out", out.string(), "--int8"});
      },
      expect_same_files);
}

}  // namespace
}  // namespace clipstill::e2e
