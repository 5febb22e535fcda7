#include "core/log.h"

#include <mutex>

namespace clipstill {
namespace {

std::mutex log_mutex;
LogSink log_sink;

}  // namespace

void set_log_sink(LogSink new_sink) {
  const std::lock_guard lock(log_mutex);
  log_sink = std::move(new_sink);
}

void log_message(LogLevel level, std::string_view message) {
  // Called without the lock: the application's code may come back to us.
  LogSink current;
  {
    const std::lock_guard lock(log_mutex);
    current = log_sink;
  }
  if (current) current(level, message);
}

}  // namespace clipstill
