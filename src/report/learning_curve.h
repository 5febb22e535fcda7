// Validation curves over seeds, and how soon a curve reaches the native student's final score.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "report/report.h"

namespace clipstill::report {

/// The curve of RunResult::curves that models are chosen by.
inline constexpr const char* kValidationCurve = "val/recall@1";

using Curve = std::vector<CurvePoint>;

/// Finite points in order of their step; of points with the same step (a resumed run) the last.
Curve clean_curve(std::span<const CurvePoint> points);

/// Mean of seconds and value at the steps that all the curves have. Empty curves are left out.
Curve mean_curve(std::span<const Curve> curves);

/// The first evaluation at which a curve is at or above the native student's final score. There
/// is no interpolation between evaluations, so the figure is never too good.
struct ScoreReached {
  int64_t step = 0;
  double seconds = 0;
  double share_of_steps = 0;  // of the steps that native was trained for
};

/// Nothing if the score is not reached or a curve is empty.
std::optional<ScoreReached> first_reach_of_native(const Curve& curve, const Curve& native);

}  // namespace clipstill::report
