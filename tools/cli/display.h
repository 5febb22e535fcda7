// Progress and log messages on stderr: a bar that redraws on a terminal, otherwise one line per
// 10 s and one at the end.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"
#include "core/progress.h"

namespace clipstill::cli {

struct DisplayOptions {
  bool terminal = false;  // redraw one line instead of writing new ones
  bool colour = false;    // ANSI colours; never without a terminal
  bool quiet = false;     // no progress, no info messages; warnings stay
  int columns = 80;       // width of the terminal
};

/// Options for this process' stderr; honours NO_COLOR and TERM=dumb.
DisplayOptions stderr_display_options(bool quiet);

/// Thread-safe. `write` receives finished bytes; `now` is the clock (replaced in tests).
class Display {
 public:
  using Clock = std::chrono::steady_clock;

  Display(DisplayOptions options, std::function<void(std::string_view)> write,
          std::function<Clock::time_point()> now = Clock::now);

  void show_progress(const ProgressState& state);
  void show_message(LogLevel level, std::string_view message);
  /// Ends the line that the last bar has left open.
  void close_line();

 private:
  void draw_bars(const ProgressState& state);
  void print_line(const ProgressState& state);
  std::string bar(const ProgressState& state) const;
  std::string take_bars_off();

  DisplayOptions options_;
  std::function<void(std::string_view)> write_;
  std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  std::vector<ProgressState> bars_;  // of tasks under way, in the order of their start
  size_t bars_on_screen_ = 0;        // the last of them on the cursor's line
  std::map<std::string, Clock::time_point> last_line_;  // by task, without a terminal
};

/// "train  340/1000 steps  34 %  12.3 steps/s  0:53 left  loss 2.31".
std::string progress_text(const ProgressState& state);

/// "0:53", "12:07", "3:05:00".
std::string format_duration(double seconds);

}  // namespace clipstill::cli
