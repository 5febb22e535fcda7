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
  const std::lock_guard lock(log_mutex);
  if (log_sink) log_sink(level, message);
}

}  // namespace clipstill
