// What the functions of the C interface share: no exception leaves them, and the message of the
// last failure stays with its thread.
#pragma once

#include <filesystem>
#include <new>
#include <string_view>
#include <vector>

#include "clipstill/clipstill.h"
#include "core/error.h"
#include "runtime/runtime_options.h"

namespace clipstill::runtime {

/// Keeps the message for clipstill_last_error() and returns the status.
clipstill_status keep_error(clipstill_status status, std::string_view message) noexcept;

template <class Body>
clipstill_status guarded(Body&& body) noexcept {
  try {
    body();
    return CLIPSTILL_OK;
  } catch (const Error& error) {
    const auto code = static_cast<int>(error.code());
    const bool is_known = code >= CLIPSTILL_INTERNAL && code <= CLIPSTILL_RESOURCE;
    return keep_error(is_known ? static_cast<clipstill_status>(code) : CLIPSTILL_INTERNAL,
                      error.what());
  } catch (const std::bad_alloc&) {
    return keep_error(CLIPSTILL_RESOURCE, "out of memory; smaller batches or images need less");
  } catch (const std::filesystem::filesystem_error& error) {
    return keep_error(CLIPSTILL_RESOURCE, error.what());
  } catch (const std::exception& error) {
    return keep_error(CLIPSTILL_INTERNAL, error.what());
  } catch (...) {
    return keep_error(CLIPSTILL_INTERNAL, "unknown exception");
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
