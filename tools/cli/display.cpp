#include "cli/display.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace clipstill::cli {
namespace {

constexpr std::chrono::seconds kLineInterval{10};
constexpr int kBarCells = 20;
constexpr double kLongestDuration = 359999;  // 99:59:59; beyond it an estimate means nothing

constexpr std::string_view kEraseLine = "\r\x1b[K", kEraseLineAbove = "\x1b[1A\x1b[K";
constexpr std::string_view kGreen = "\x1b[32m", kYellow = "\x1b[33m", kPlain = "\x1b[0m";

bool environment_has(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

double share_done(const ProgressState& state) {
  if (state.total == 0) return 0;
  return std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
}

// Cuts after `columns` code points, so that a redrawn line never wraps.
std::string shorten(const std::string& text, int columns) {
  int used = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xc0u) != 0x80u;
    if (starts_character && used++ == columns) return text.substr(0, i);
  }
  return text;
}

std::string format_rate(double rate) {
  return rate >= 100 ? fmt::format("{:.0f}", rate) : fmt::format("{:.3g}", rate);
}

}  // namespace

DisplayOptions stderr_display_options(bool quiet) {
  DisplayOptions options;
  const char* term = std::getenv("TERM");
  options.quiet = quiet;
  options.terminal = ::isatty(STDERR_FILENO) == 1 && std::string_view(term ? term : "") != "dumb";
  options.colour = options.terminal && !environment_has("NO_COLOR");
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.columns = size.ws_col;
  }
  return options;
}

std::string format_duration(double seconds) {
  const auto whole = std::llround(std::clamp(seconds, 0.0, kLongestDuration));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string progress_text(const ProgressState& state) {
  std::string text = fmt::format("{}  {}", state.task, state.done);
  if (state.total > 0) {
    text += fmt::format("/{} {}  {:.0f} %", state.total, state.unit, 100 * share_done(state));
  } else {
    text += " " + state.unit;
  }
  if (state.rate > 0) text += fmt::format("  {} {}/s", format_rate(state.rate), state.unit);
  if (!state.finished && state.seconds_left > 0) {
    text += fmt::format("  {} left", format_duration(state.seconds_left));
  }
  if (!state.note.empty()) text += "  " + state.note;
  return text;
}

Display::Display(DisplayOptions options, std::function<void(std::string_view)> write,
                 std::function<Clock::time_point()> now)
    : options_(options), write_(std::move(write)), now_(std::move(now)) {}

void Display::show_progress(const ProgressState& state) {
  if (options_.quiet) return;
  const std::lock_guard lock(mutex_);
  if (options_.terminal) {
    draw_bars(state);
  } else {
    print_line(state);
  }
}

void Display::show_message(LogLevel level, std::string_view message) {
  if (level == LogLevel::kDebug || (options_.quiet && level != LogLevel::kWarning)) return;
  const std::lock_guard lock(mutex_);
  std::string text = take_bars_off();
  if (level == LogLevel::kWarning) {
    text +=
        fmt::format("{}warning:{} ", options_.colour ? kYellow : "", options_.colour ? kPlain : "");
  }
  write_(fmt::format("{}{}\n", text, message));
}

void Display::close_line() {
  const std::lock_guard lock(mutex_);
  bars_.clear();
  if (std::exchange(bars_on_screen_, 0) > 0) write_("\n");
}

std::string Display::bar(const ProgressState& state) const {
  std::string cells;
  if (state.total > 0) {
    const auto full = static_cast<int>(share_done(state) * kBarCells);
    cells = fmt::format("{}{}{}{} ", options_.colour ? kGreen : "", std::string(full, '#'),
                        options_.colour ? kPlain : "", std::string(kBarCells - full, '.'));
  }
  const int room = options_.columns - 1 - (state.total > 0 ? kBarCells + 1 : 0);
  return cells + shorten(progress_text(state), std::max(0, room));
}

// The bar of a finished task stays above those that go on.
void Display::draw_bars(const ProgressState& state) {
  const auto same_task = [&](const ProgressState& other) { return other.task == state.task; };
  const auto found = std::find_if(bars_.begin(), bars_.end(), same_task);
  std::string text = take_bars_off();
  if (state.finished) {
    if (found != bars_.end()) bars_.erase(found);
    text += bar(state) + "\n";
  } else if (found != bars_.end()) {
    *found = state;
  } else {
    bars_.push_back(state);
  }
  for (size_t i = 0; i < bars_.size(); ++i) text += (i > 0 ? "\n" : "") + bar(bars_[i]);
  bars_on_screen_ = bars_.size();
  write_(text);
}

void Display::print_line(const ProgressState& state) {
  const auto now = now_();
  const auto [last, is_new] = last_line_.try_emplace(state.task, now);
  const bool is_due = !is_new && now - last->second >= kLineInterval;
  if (state.finished) {
    last_line_.erase(last);
  } else if (is_due) {
    last->second = now;
  } else {
    return;
  }
  write_(progress_text(state) + "\n");
}

// What erases the bars and leaves the cursor where the first began.
std::string Display::take_bars_off() {
  std::string text;
  const size_t bars = std::exchange(bars_on_screen_, 0);
  for (size_t i = 0; i < bars; ++i) text += i == 0 ? kEraseLine : kEraseLineAbove;
  return text;
}

}  // namespace clipstill::cli
