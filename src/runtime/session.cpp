#include "runtime/session.h"

#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/parallel.h"
#include "core/start_threads.h"
#include "runtime/onnxruntime_api.h"

namespace clipstill::runtime {
namespace {

Ort::SessionOptions session_options(const RuntimeOptions& options) {
  Ort::SessionOptions out;
  const auto threads = options.threads > 0 ? options.threads : available_threads();
  // ONNX Runtime 1.30 waits for ever where it cannot start all of them. The caller's is one.
  require_threads(static_cast<size_t>(threads - 1));
  out.SetIntraOpNumThreads(static_cast<int>(threads));
  out.SetInterOpNumThreads(1);
  if (!options.profile.empty()) out.EnableProfiling(options.profile.c_str());
  if (!options.arena) {
    out.DisableCpuMemArena();
    out.DisableMemPattern();
  }
  return out;
}

// ONNX Runtime has no codes for these.
bool says_out_of_resources(std::string_view message) {
  return message.find("alloc") != std::string_view::npos ||
         message.find("pthread_create") != std::string_view::npos;
}

[[noreturn]] void refuse(const std::string& name, const char* what, const Ort::Exception& error) {
  const bool is_resource = says_out_of_resources(error.what());
  fail(is_resource ? ErrorCode::kResource : ErrorCode::kBadData, "{}: ONNX Runtime {} {} it: {}{}",
       name, onnxruntime_version(), what, error.what(),
       is_resource ? "; smaller batches need less memory, and fewer threads too" : "");
}

std::string describe(const Ort::TypeInfo& type) {
  const auto info = type.GetTensorTypeAndShapeInfo();
  std::string text = info.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT   ? "float ["
                     : info.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 ? "int64 ["
                                                                                    : "other [";
  const auto shape = info.GetShape();
  for (size_t i = 0; i < shape.size(); ++i) {
    text += fmt::format("{}{}", i > 0 ? ", " : "", shape[i] < 0 ? "?" : std::to_string(shape[i]));
  }
  return text + "]";
}

}  // namespace

struct Session::State {
  std::shared_ptr<Ort::Env> environment;  // goes after the session
  std::string name;
  Ort::Session session{nullptr};

  void check(const Signature& wanted) const;
};

// A graph of another kind (the other tower, another export) is named here rather than in run().
void Session::State::check(const Signature& wanted) const {
  Ort::AllocatorWithDefaultOptions allocator;
  const auto refuse = [&](std::string_view expected, const std::string& found) {
    fail(ErrorCode::kBadData, "{}: expected {}, found {}; is it another encoder?", name, expected,
         found);
  };
  std::string found;
  for (size_t i = 0; i < session.GetInputCount(); ++i) {
    found += fmt::format("{} {} ", session.GetInputNameAllocated(i, allocator).get(),
                         describe(session.GetInputTypeInfo(i)));
  }
  const auto type = wanted.integer_inputs ? "int64" : "float";
  for (const char* input : wanted.inputs) {
    if (found.find(fmt::format("{} {} [", input, type)) == std::string::npos) {
      refuse(fmt::format("an input {} of {}", input, type), found);
    }
  }
  if (session.GetInputCount() != wanted.inputs.size() || session.GetOutputCount() != 1) {
    refuse(fmt::format("{} inputs and 1 output", wanted.inputs.size()),
           fmt::format("{} and {}", session.GetInputCount(), session.GetOutputCount()));
  }
  const auto output = fmt::format("{} {}", session.GetOutputNameAllocated(0, allocator).get(),
                                  describe(session.GetOutputTypeInfo(0)));
  const auto expected = fmt::format("{} float [?, {}]", wanted.output, wanted.output_width);
  if (output != expected) refuse("the output " + expected, output);
}

Session::Session(std::span<const uint8_t> model, std::string name, const Signature& signature,
                 const RuntimeOptions& options)
    : state_(std::make_unique<State>()) {
  state_->environment = onnxruntime_environment();
  state_->name = std::move(name);
  try {
    state_->session =
        Ort::Session(*state_->environment, model.data(), model.size(), session_options(options));
    state_->check(signature);
  } catch (const Ort::Exception& error) {
    refuse(state_->name, "cannot load", error);
  }
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::run(std::span<const Input> inputs, const Output& output) const {
  try {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
    std::vector<const char*> names;
    std::vector<Ort::Value> values;
    for (const auto& input : inputs) {
      names.push_back(input.name);
      std::visit(
          [&]<class T>(std::span<const T> data) {
            // ONNX Runtime takes a pointer to what it only reads.
            values.push_back(Ort::Value::CreateTensor<T>(memory, const_cast<T*>(data.data()),
                                                         data.size(), input.shape.data(),
                                                         input.shape.size()));
          },
          input.values);
    }
    auto result =
        Ort::Value::CreateTensor<float>(memory, output.values.data(), output.values.size(),
                                        output.shape.data(), output.shape.size());
    state_->session.Run(Ort::RunOptions{nullptr}, names.data(), values.data(), values.size(),
                        &output.name, &result, 1);
  } catch (const Ort::Exception& error) {
    refuse(state_->name, "failed to run", error);
  }
}

}  // namespace clipstill::runtime
