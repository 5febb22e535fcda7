// The one exception type of clipstill, thrown for bad input and failing resources.
#pragma once

#include <stdexcept>
#include <string>

namespace clipstill {

/// What went wrong; the value is also the exit code of the command line.
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

/// what() says what was expected, what was found, where (file, line, key, tensor), and what to do
/// about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace clipstill
