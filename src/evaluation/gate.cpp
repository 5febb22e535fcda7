#include "evaluation/gate.h"

#include "core/error.h"

namespace clipstill::evaluation {
namespace {

constexpr double kRounding = 1e-9;  // points; a drop of exactly the limit passes

}  // namespace

Accuracy accuracy_of(const Metrics& metrics) {
  const auto recall = metrics.find("mean/recall@1");
  double sum = 0;
  int languages = 0;
  for (const auto& [name, value] : metrics) {
    if (!name.ends_with("/zero_shot/accuracy")) continue;
    sum += value;
    ++languages;
  }
  if (recall == metrics.end() || languages == 0) {
    fail(ErrorCode::kBadData, "there is no {} to compare",
         recall == metrics.end() ? "mean/recall@1" : "zero_shot/accuracy");
  }
  return {recall->second, sum / languages};
}

bool Drop::is_within(double limit) const {
  return recall <= limit + kRounding && zero_shot <= limit + kRounding;
}

Drop drop(const Metrics& from, const Metrics& to) {
  const auto before = accuracy_of(from), after = accuracy_of(to);
  return {100 * (before.recall - after.recall), 100 * (before.zero_shot - after.zero_shot)};
}

}  // namespace clipstill::evaluation
