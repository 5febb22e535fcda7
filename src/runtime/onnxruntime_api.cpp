#include "runtime/onnxruntime_api.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/log.h"
#include "runtime/session.h"

namespace clipstill::runtime {
namespace {

// Version 1.N of the library has the interfaces 1 to N. Asking it for a newer one would make it
// print, so its version is read instead.
int interface_of(std::string_view version) {
  int major = 0, minor = 0;
  const char* end = version.data() + version.size();
  const auto [dot, error] = std::from_chars(version.data(), end, major);
  if (error != std::errc() || major != 1 || dot == end) return 0;
  std::from_chars(dot + 1, end, minor);
  return minor;
}

void ORT_API_CALL log(void*, OrtLoggingLevel severity, const char* category, const char*,
                      const char*, const char* message) {
  const bool is_warning = severity >= ORT_LOGGING_LEVEL_ERROR;
  log_message(is_warning ? LogLevel::kWarning : LogLevel::kDebug,
              fmt::format("ONNX Runtime: {}: {}", category, message));
}

std::shared_ptr<Ort::Env> make_environment() {
  const int found = interface_of(onnxruntime_version());
  if (found < kOldestOnnxRuntime) {
    fail(ErrorCode::kResource, "ONNX Runtime {} is loaded, expected 1.{} or newer",
         onnxruntime_version(), kOldestOnnxRuntime);
  }
  const auto version = static_cast<uint32_t>(std::min(found, ORT_API_VERSION));
  Ort::InitApi(OrtGetApiBase()->GetApi(version));
  // From 1.30 on its own builds have telemetry: what runs on which machine is collected in
  // ~/.cache/Microsoft, to be sent, by a thread that ends the process where it cannot start others.
  // No other switch is looked at before that thread starts.
  ::setenv("ORT_DISABLE_TELEMETRY", "1", /*overwrite=*/0);
  return std::make_shared<Ort::Env>(ORT_LOGGING_LEVEL_WARNING, "clipstill", log, nullptr);
}

}  // namespace

std::string onnxruntime_version() {
  return OrtGetApiBase()->GetVersionString();
}

std::shared_ptr<Ort::Env> onnxruntime_environment() {
  static const auto environment = make_environment();
  return environment;
}

}  // namespace clipstill::runtime
