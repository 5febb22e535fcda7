// What a caller decides about running a bundle.
#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"

namespace clipstill::runtime {

struct RuntimeOptions {
  int64_t threads = 0;             // of one call; 0 = all that the process may use
  int64_t batch = 32;              // most images or texts of one run of the graph
  bool arena = true;               // keep memory between runs: faster, and never given back
  std::string precision = "fp32";  // "int8" takes the quantised encoders of the bundle
  std::string profile = {};        // ONNX Runtime's profile goes to files of this prefix; no flag
};

void declare_options(OptionSet& set, RuntimeOptions& options);

/// kUsage naming the option that is out of range.
void check_options(const RuntimeOptions& options);

}  // namespace clipstill::runtime
