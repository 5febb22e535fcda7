#include "runtime/runtime_options.h"

#include <algorithm>

#include "core/error.h"

namespace clipstill::runtime {
namespace {

constexpr int64_t kMaxThreads = 1024, kMaxBatch = 4096;
const StringList& precisions() {
  static const StringList names{"fp32", "int8"};
  return names;
}

}  // namespace

void declare_options(OptionSet& set, RuntimeOptions& options) {
  set.add("threads", options.threads, "threads; 0 = all that the process may use")
      .range(0, kMaxThreads);
  set.add("batch", options.batch, "most images or texts of one run of the graph")
      .range(1, kMaxBatch);
  set.add("arena", options.arena, "keep memory between runs: faster, but never given back");
  set.add("precision", options.precision, "which encoders of the bundle run").choices(precisions());
}

// The same checks for callers without a command line.
void check_options(const RuntimeOptions& options) {
  const auto check = [](const char* key, int64_t value, int64_t low, int64_t high) {
    if (value >= low && value <= high) return;
    fail(ErrorCode::kUsage, "{} must be from {} to {}, found {}", key, low, high, value);
  };
  check("threads", options.threads, 0, kMaxThreads);
  check("batch", options.batch, 1, kMaxBatch);
  if (std::ranges::find(precisions(), options.precision) == precisions().end()) {
    fail(ErrorCode::kUsage, "precision must be fp32 or int8, found \"{}\"", options.precision);
  }
}

}  // namespace clipstill::runtime
