// One ONNX graph, ready to run. The only place that knows ONNX Runtime.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "runtime/runtime_options.h"

namespace clipstill::runtime {

/// "1.30.0" of the library that is loaded.
std::string onnxruntime_version();

struct Input {
  const char* name;
  std::variant<std::span<const float>, std::span<const int64_t>> values;
  std::vector<int64_t> shape;
};

struct Output {
  const char* name;
  std::span<float> values;
  std::vector<int64_t> shape;
};

/// What a graph must offer: names, and the type of the inputs' elements.
struct Signature {
  std::vector<const char*> inputs;
  bool integer_inputs = false;  // int64 instead of float
  const char* output = nullptr;
  int64_t output_width = 0;  // extent of its last axis
};

/// Immutable: any number of threads may run one session at once.
class Session {
 public:
  /// `name` is the file in errors. kBadData if ONNX Runtime refuses the model or the graph is not
  /// of that signature, kResource if memory runs out or the threads cannot be started.
  Session(std::span<const uint8_t> model, std::string name, const Signature& signature,
          const RuntimeOptions& options);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// kBadData if the graph cannot take these inputs, kResource if memory runs out.
  void run(std::span<const Input> inputs, const Output& output) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clipstill::runtime
