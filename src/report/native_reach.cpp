#include "report/native_reach.h"

#include <algorithm>

namespace clipstill::report {
namespace {

Curve validation_curve(const RunResult& run) {
  const auto curve = run.curves.find(kValidationCurve);
  return curve == run.curves.end() ? Curve{} : clean_curve(curve->second);
}

}  // namespace

NativeReach reach_of_native(const Variant& variant, const Variant& native) {
  NativeReach reach;
  std::vector<double> step, share_of_steps, seconds;
  for (const RunResult& run : variant.runs) {
    const auto baseline =
        std::find_if(native.runs.begin(), native.runs.end(),
                     [&](const RunResult& other) { return other.seed == run.seed; });
    if (baseline == native.runs.end()) continue;
    const Curve curve = validation_curve(run), native_curve = validation_curve(*baseline);
    if (curve.empty() || native_curve.empty()) continue;
    const auto reached = first_reach_of_native(curve, native_curve);
    reach.seeds.push_back({run.seed, reached});
    if (!reached) continue;
    ++reach.reached;
    step.push_back(static_cast<double>(reached->step));
    share_of_steps.push_back(reached->share_of_steps);
    seconds.push_back(reached->seconds);
  }
  if (reach.by_all()) {
    reach.step = describe(step);
    reach.share_of_steps = describe(share_of_steps);
    reach.seconds = describe(seconds);
  }
  return reach;
}

}  // namespace clipstill::report
