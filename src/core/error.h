// Coded errors. Bad input throws clipstill::Error; an expected outcome is a return value;
// asserts are for our own bugs only. The library never prints, exits or aborts.
#pragma once

#include <fmt/format.h>

#include <utility>

#include "clipstill/error.hpp"

namespace clipstill {

/// Throws Error with a formatted message.
template <class... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace clipstill
