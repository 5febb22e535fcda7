// Progress of long work: rate and time left, delivered to a callback. The command line draws
// it (a bar on a terminal, one line per 10 s otherwise); the library itself prints nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace clipstill {

struct ProgressState {
  std::string task;  // "train native", "rasterise twemoji"
  std::string unit;  // "images", "steps"
  uint64_t done = 0;
  uint64_t total = 0;  // 0 = not known
  double rate = 0.0;   // units per second since the start
  double seconds_left = 0.0;
  std::string note;  // short live figures: "loss 2.31  r@1 54.2 %"
  bool finished = false;
};

using ProgressSink = std::function<void(const ProgressState&)>;
void set_progress_sink(ProgressSink sink);

/// One task. advance() is thread-safe and cheap; the sink hears of it at most 10 times a
/// second, and once more with finished = true when the object goes.
class Progress {
 public:
  Progress(std::string task, std::string unit, uint64_t total, uint64_t already_done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(uint64_t units = 1, std::string_view note = {});

 private:
  void report(bool finished);
  std::mutex mutex_;
  ProgressState state_;
  uint64_t first_ = 0;
  std::chrono::steady_clock::time_point start_, last_report_;
};

}  // namespace clipstill
