#include "report/learning_curve.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace clipstill::report {

Curve clean_curve(std::span<const CurvePoint> points) {
  std::map<int64_t, CurvePoint> by_step;
  for (const CurvePoint& point : points) {
    if (std::isfinite(point.value) && std::isfinite(point.seconds)) by_step[point.step] = point;
  }
  Curve curve;
  for (const auto& [step, point] : by_step) curve.push_back(point);
  return curve;
}

Curve mean_curve(std::span<const Curve> curves) {
  struct Sum {
    double seconds = 0, value = 0;
    int64_t curves = 0;
  };
  std::map<int64_t, Sum> sums;
  int64_t used = 0;
  for (const Curve& curve : curves) {
    if (!curve.empty()) ++used;
    for (const CurvePoint& point : curve) {
      Sum& sum = sums[point.step];
      sum.seconds += point.seconds;
      sum.value += point.value;
      ++sum.curves;
    }
  }
  Curve mean;
  for (const auto& [step, sum] : sums) {
    if (sum.curves != used) continue;
    const double n = static_cast<double>(used);
    mean.push_back({.step = step, .seconds = sum.seconds / n, .value = sum.value / n});
  }
  return mean;
}

std::optional<ScoreReached> first_reach_of_native(const Curve& curve, const Curve& native) {
  if (native.empty() || native.back().step <= 0) return std::nullopt;
  const auto reached = std::find_if(curve.begin(), curve.end(), [&](const CurvePoint& point) {
    return point.value >= native.back().value;
  });
  if (reached == curve.end()) return std::nullopt;
  return ScoreReached{.step = reached->step,
                      .seconds = reached->seconds,
                      .share_of_steps = static_cast<double>(reached->step) /
                                        static_cast<double>(native.back().step)};
}

}  // namespace clipstill::report
