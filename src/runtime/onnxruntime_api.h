// ONNX Runtime's C++ interface, bound to the library that is loaded rather than to the one whose
// headers were compiled.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

#include <memory>

namespace clipstill::runtime {

/// The environment that sessions share and keep alive: one must not outlive it. The first call
/// binds the newest interface that headers and library both have. kResource if the library is older
/// than kOldestOnnxRuntime. Messages go to the log sink. Unless it is there, ORT_DISABLE_TELEMETRY
/// is set in the environment of the process.
std::shared_ptr<Ort::Env> onnxruntime_environment();

constexpr int kOldestOnnxRuntime = 17;  // of major version 1

}  // namespace clipstill::runtime
