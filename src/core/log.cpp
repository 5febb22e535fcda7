#include "core/log.h"

#include <mutex>

namespace clipstill {
namespace {

std::mutex sink_mutex;
LogSink sink;

}  // namespace

void set_log_sink(LogSink new_sink) {
  const std::lock_guard lock(sink_mutex);
  sink = std::move(new_sink);
}

void log_message(LogLevel level, std::string_view message) {
  const std::lock_guard lock(sink_mutex);
  if (sink) sink(level, message);
}

}  // namespace clipstill
