#include "cli/display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clipstill::cli {
namespace {

using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ProgressState step(uint64_t done, bool finished = false) {
  ProgressState state;
  state.task = "train";
  state.unit = "steps";
  state.done = done;
  state.total = 200;
  state.rate = 12.34;
  state.seconds_left = 53;
  state.note = "loss 2.31";
  state.finished = finished;
  return state;
}

class Screen {
 public:
  explicit Screen(DisplayOptions options)
      : display_(
            options, [this](std::string_view text) { text_ += text; }, [this] { return now_; }) {}

  Display& display() { return display_; }
  void wait(seconds time) { now_ += time; }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
  Display::Clock::time_point now_{};
  Display display_;
};

TEST(ProgressText, ShowsShareRateAndTimeLeft) {
  EXPECT_EQ(progress_text(step(50)),
            "train  50/200 steps  25 %  12.3 steps/s  0:53 left  loss 2.31");
  EXPECT_EQ(progress_text(step(200, true)), "train  200/200 steps  100 %  12.3 steps/s  loss 2.31");
  auto unknown = step(50);
  unknown.total = 0;
  unknown.seconds_left = 0;
  unknown.note.clear();
  unknown.rate = 1234.5;
  EXPECT_EQ(progress_text(unknown), "train  50 steps  1234 steps/s");
}

TEST(FormatDuration, UsesHoursOnlyWhenNeeded) {
  EXPECT_EQ(format_duration(0), "0:00");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(727), "12:07");
  EXPECT_EQ(format_duration(11100), "3:05:00");
  EXPECT_EQ(format_duration(1e300), "99:59:59");
}

TEST(Display, WithoutATerminalWritesOneLinePerTenSecondsAndOneAtTheEnd) {
  Screen screen({});
  screen.display().show_progress(step(1));
  EXPECT_THAT(screen.take(), IsEmpty());
  screen.wait(seconds(9));
  screen.display().show_progress(step(90));
  EXPECT_THAT(screen.take(), IsEmpty());
  screen.wait(seconds(1));
  screen.display().show_progress(step(100));
  EXPECT_EQ(screen.take(), progress_text(step(100)) + "\n");
  screen.wait(seconds(1));
  screen.display().show_progress(step(110));
  EXPECT_THAT(screen.take(), IsEmpty());
  screen.display().show_progress(step(200, /*finished=*/true));
  EXPECT_EQ(screen.take(), progress_text(step(200, true)) + "\n");
}

TEST(Display, WithoutATerminalWritesNoControlCharacters) {
  Screen screen({});
  screen.display().show_progress(step(200, /*finished=*/true));
  screen.display().show_message(LogLevel::kWarning, "careful");
  screen.display().close_line();
  for (const char c : screen.take()) EXPECT_TRUE(c == '\n' || c >= ' ') << int{c};
}

TEST(Display, OnATerminalRedrawsOneLineThatNeverWraps) {
  Screen screen({.terminal = true, .colour = false, .quiet = false, .columns = 40});
  screen.display().show_progress(step(100));
  const auto drawn = screen.take();
  EXPECT_EQ(drawn, "##########.......... train  100/200 ste");
  screen.display().show_progress(step(100));
  EXPECT_EQ(screen.take(), "\r\x1b[K" + drawn);
  screen.display().show_message(LogLevel::kInfo, "saved");
  EXPECT_EQ(screen.take(), "\r\x1b[Ksaved\n");
  screen.display().show_progress(step(200, /*finished=*/true));
  EXPECT_THAT(screen.take(), EndsWith("\n"));
  screen.display().close_line();
  EXPECT_THAT(screen.take(), IsEmpty());
  screen.display().show_progress(step(100));
  screen.take();
  screen.display().close_line();
  EXPECT_EQ(screen.take(), "\n");
}

TEST(Display, OnATerminalEachTaskHasALine) {
  Screen screen({.terminal = true, .colour = false, .quiet = false, .columns = 32});
  auto native = step(100), distilled = step(50);
  native.task = "one", distilled.task = "two";
  screen.display().show_progress(native);
  screen.take();
  screen.display().show_progress(distilled);
  EXPECT_EQ(screen.take(),
            "\r\x1b[K##########.......... one  100/2\n#####............... two  50/20");
  screen.display().show_message(LogLevel::kInfo, "saved");
  EXPECT_EQ(screen.take(), "\r\x1b[K\x1b[1A\x1b[Ksaved\n");
  screen.display().show_progress(distilled);
  EXPECT_EQ(screen.take(), "##########.......... one  100/2\n#####............... two  50/20");
  native.done = 200, native.finished = true;
  screen.display().show_progress(native);
  EXPECT_EQ(screen.take(),
            "\r\x1b[K\x1b[1A\x1b[K#################### one  200/2\n"
            "#####............... two  50/20");
  screen.display().close_line();
  EXPECT_EQ(screen.take(), "\n");
}

TEST(Display, ColoursOnlyWhenAsked) {
  Screen plain({.terminal = true, .colour = false, .quiet = false, .columns = 80});
  plain.display().show_message(LogLevel::kWarning, "careful");
  EXPECT_EQ(plain.take(), "warning: careful\n");
  Screen colour({.terminal = true, .colour = true, .quiet = false, .columns = 80});
  colour.display().show_message(LogLevel::kWarning, "careful");
  EXPECT_EQ(colour.take(), "\x1b[33mwarning:\x1b[0m careful\n");
}

TEST(Display, QuietKeepsOnlyWarnings) {
  Screen screen({.terminal = false, .colour = false, .quiet = true, .columns = 80});
  screen.display().show_progress(step(200, /*finished=*/true));
  screen.display().show_message(LogLevel::kInfo, "saved");
  EXPECT_THAT(screen.take(), IsEmpty());
  screen.display().show_message(LogLevel::kWarning, "careful");
  EXPECT_THAT(screen.take(), HasSubstr("careful"));
}

}  // namespace
}  // namespace clipstill::cli
