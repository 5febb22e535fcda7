// What a student may cost, as it is written on the command line: "params=10%,latency=5ms".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace clipstill::train {

struct Budget {
  std::optional<double> share;        // of the teacher's parameters
  std::optional<int64_t> parameters;  // instead of a share
  std::optional<double> latency;      // seconds to encode one image
};

/// Comma-separated: "params" as a share ("10%") or a count ("980000", "980k", "1.2M"), "latency" in
/// milliseconds ("5ms"); each once, either may be left out. kUsage saying what was expected.
Budget parse_budget(std::string_view text);

/// How many parameters the budget allows; where it says nothing, `default_share` of the teacher's.
/// kUsage where that needs a teacher and there is none (0 parameters).
int64_t allowed_parameters(const Budget& budget, double default_share, int64_t teacher_parameters);

}  // namespace clipstill::train
