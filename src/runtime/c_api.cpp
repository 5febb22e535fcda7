#include "runtime/c_api.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "core/current_error.h"
#include "core/log.h"
#include "runtime/selftest.h"

namespace clipstill::runtime {
namespace {

// Of fixed size: keeping the message of a failed allocation must not allocate.
thread_local std::array<char, 4096> last_error{};

clipstill_status keep_error(clipstill_status status, std::string_view message) noexcept {
  const size_t length = std::min(message.size(), last_error.size() - 1);
  std::copy_n(message.data(), length, last_error.data());
  last_error[length] = '\0';
  return status;
}

}  // namespace

clipstill_status keep_current_error() noexcept {
  try {
    const auto error = current_error();
    const auto code = static_cast<int>(error.code());
    const bool is_known = code >= CLIPSTILL_INTERNAL && code <= CLIPSTILL_RESOURCE;
    return keep_error(is_known ? static_cast<clipstill_status>(code) : CLIPSTILL_INTERNAL,
                      error.what());
  } catch (const std::exception&) {  // not even the message could be made
    return keep_error(CLIPSTILL_RESOURCE, "out of memory");
  }
}

void require(const void* argument, const char* name) {
  if (argument == nullptr) fail(ErrorCode::kUsage, "{} must not be NULL", name);
}

RuntimeOptions to_options(const clipstill_options* options) {
  RuntimeOptions out;
  if (options == nullptr) return out;
  if (options->size != sizeof(clipstill_options)) {
    fail(ErrorCode::kUsage,
         "options of {} bytes, this library ({}) knows {}; set size to sizeof(clipstill_options), "
         "or load the library that belongs to the header",
         options->size, CLIPSTILL_VERSION, sizeof(clipstill_options));
  }
  if (options->precision != CLIPSTILL_FP32 && options->precision != CLIPSTILL_INT8) {
    fail(ErrorCode::kUsage, "precision must be CLIPSTILL_FP32 or CLIPSTILL_INT8, found {}",
         options->precision);
  }
  out.threads = options->threads;
  out.batch = options->batch;
  out.arena = options->arena != 0;
  out.precision = options->precision == CLIPSTILL_INT8 ? "int8" : "fp32";
  check_options(out);
  return out;
}

std::vector<std::string_view> to_texts(const char* const* texts, const size_t* lengths,
                                       size_t count) {
  if (count > 0) require(texts, "texts");
  std::vector<std::string_view> out(count);
  for (size_t i = 0; i < count; ++i) {
    require(texts[i], "a text");
    out[i] = {texts[i], lengths == nullptr ? std::strlen(texts[i]) : lengths[i]};
  }
  return out;
}

}  // namespace clipstill::runtime

using namespace clipstill;
using namespace clipstill::runtime;

const char* clipstill_version(void) {
  return CLIPSTILL_VERSION;
}

const char* clipstill_last_error(void) {
  return last_error.data();
}

void clipstill_set_log(clipstill_log_function function, void* user) {
  guarded([&] {
    if (function == nullptr) return set_log_sink({});
    set_log_sink([function, user](LogLevel level, std::string_view message) {
      function(user, static_cast<clipstill_log_level>(level), std::string(message).c_str());
    });
  });
}

clipstill_status clipstill_verify(const char* bundle, const clipstill_options* options) {
  return guarded([&] {
    require(bundle, "bundle");
    verify_bundle(bundle, to_options(options));
  });
}
