#include "core/progress.h"

namespace clipstill {
namespace {

constexpr std::chrono::milliseconds kInterval{100};

std::mutex progress_mutex;
ProgressSink progress_sink;

}  // namespace

void set_progress_sink(ProgressSink new_sink) {
  const std::lock_guard lock(progress_mutex);
  progress_sink = std::move(new_sink);
}

Progress::Progress(std::string task, std::string unit, uint64_t total, uint64_t already_done)
    : first_(already_done), start_(std::chrono::steady_clock::now()), last_report_(start_) {
  state_.task = std::move(task);
  state_.unit = std::move(unit);
  state_.total = total;
  state_.done = already_done;
}

Progress::~Progress() {
  const std::lock_guard lock(mutex_);
  report(/*finished=*/true);
}

void Progress::advance(uint64_t units, std::string_view note) {
  const std::lock_guard lock(mutex_);
  state_.done += units;
  if (!note.empty()) state_.note = note;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_report_ < kInterval) return;
  last_report_ = now;
  report(/*finished=*/false);
}

void Progress::report(bool finished) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  state_.finished = finished;
  state_.rate =
      elapsed.count() > 0 ? static_cast<double>(state_.done - first_) / elapsed.count() : 0;
  state_.seconds_left = state_.rate > 0 && state_.total > state_.done
                            ? static_cast<double>(state_.total - state_.done) / state_.rate
                            : 0;
  const std::lock_guard lock(progress_mutex);
  if (progress_sink) progress_sink(state_);
}

}  // namespace clipstill
