// Coded errors. Bad input throws clipstill::Error; an expected outcome is a return value;
// asserts are for our own bugs only. The library never prints, exits or aborts.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace clipstill {

/// What went wrong, and the exit code that the command line gives for it.
enum class ErrorCode {
  kInternal = 1,
  kUsage = 2,
  kBadData = 3,
  kMissingFile = 4,
  kResource = 5,  // disk full, out of memory, permission
  kAccuracyGate = 6,
  kPeerLost = 7,
  kInterrupted = 130,  // stopped by a signal after saving
};

/// Every message says what was expected, what was found, where (file, line, key, tensor),
/// and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// Throws Error with a formatted message.
template <class... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace clipstill
