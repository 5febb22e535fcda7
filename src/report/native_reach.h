// How soon each run reaches the score that native of the same seed ends with.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "report/learning_curve.h"
#include "report/report.h"
#include "report/statistic.h"

namespace clipstill::report {

struct SeedReach {
  int64_t seed = 0;
  std::optional<ScoreReached> reached;  // nothing: not within the run's evaluations
};

/// Seeds that both were trained with and have a validation curve of.
struct NativeReach {
  std::vector<SeedReach> seeds;
  int64_t reached = 0;  // seeds that did
  /// Over the seeds; without a value unless every one reached it, for a mean over the others would
  /// be too good.
  Statistic step, share_of_steps, seconds;

  bool by_all() const { return !seeds.empty() && reached == static_cast<int64_t>(seeds.size()); }
};

NativeReach reach_of_native(const Variant& variant, const Variant& native);

}  // namespace clipstill::report
