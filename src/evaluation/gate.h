// Whether one form of a model is as accurate as another: int8 against fp32.
#pragma once

#include "evaluation/evaluate.h"

namespace clipstill::evaluation {

/// What is compared: over languages, the mean recall@1 of both directions and the mean zero-shot
/// accuracy, in [0, 1].
struct Accuracy {
  double recall = 0, zero_shot = 0;
};
/// kBadData naming the metric that is missing.
Accuracy accuracy_of(const Metrics& metrics);

/// Percentage points that are lost; negative where `to` is better.
struct Drop {
  double recall = 0, zero_shot = 0;

  /// Whether neither is above `limit` points.
  bool is_within(double limit) const;
};
Drop drop(const Metrics& from, const Metrics& to);

}  // namespace clipstill::evaluation
