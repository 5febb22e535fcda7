// What the functions of the C interface share: no exception leaves them, and the message of the
// last failure stays with its thread.
#pragma once

#include <string_view>
#include <vector>

#include "clipstill/clipstill.h"
#include "core/error.h"
#include "runtime/runtime_options.h"

namespace clipstill::runtime {

/// Keeps the message of the exception that is being handled for clipstill_last_error() and returns
/// its status.
clipstill_status keep_current_error() noexcept;

template <class Body>
clipstill_status guarded(Body&& body) noexcept {
  try {
    body();
    return CLIPSTILL_OK;
  } catch (...) {
    return keep_current_error();
  }
}

/// kUsage naming the argument if it is null.
void require(const void* argument, const char* name);

/// require() of what a function makes, which is null until it is made.
template <class Object>
void require_result(Object** result, const char* name) {
  require(result, name);
  *result = nullptr;
}

RuntimeOptions to_options(const clipstill_options* options);

/// Texts as a span; `lengths` may be null.
std::vector<std::string_view> to_texts(const char* const* texts, const size_t* lengths,
                                       size_t count);

}  // namespace clipstill::runtime
