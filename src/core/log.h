// A log sink instead of printing: the library hands messages to a callback that the
// application installs (none by default).
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

namespace clipstill {

enum class LogLevel { kDebug, kInfo, kWarning };

using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Installs the sink (thread-safe); an empty function silences the library.
void set_log_sink(LogSink sink);
void log_message(LogLevel level, std::string_view message);

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace clipstill
