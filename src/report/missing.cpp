#include "report/missing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "report/format.h"

namespace clipstill::report {
namespace {

int64_t count_not_finite(const Variant& variant) {
  int64_t bad = 0;
  for (const RunResult& run : variant.runs) {
    for (const auto& [key, value] : run.metrics) bad += !std::isfinite(value);
    for (const auto& [key, curve] : run.curves) {
      bad += std::count_if(curve.begin(), curve.end(), [](const CurvePoint& point) {
        return !std::isfinite(point.value) || !std::isfinite(point.seconds);
      });
    }
  }
  return bad;
}

void add_for_losses(const Variant& variant, const ModelSummary& model,
                    std::vector<std::string>& missing) {
  if (model.losses.empty()) {
    missing.push_back(
        fmt::format("The losses that {} was trained with are not known.", model.name));
  }
  for (const SharedWeight& loss : model.losses) {
    if (loss.weight) continue;
    std::vector<std::string> seeds;
    for (const RunResult& run : variant.runs) {
      seeds.push_back(
          fmt::format("{} (seed {})", loss_weight(weight_in(run, loss.name)), run.seed));
    }
    missing.push_back(fmt::format("The runs of {} were trained with different weights of {}: {}.",
                                  model.name, loss.name, fmt::join(seeds, ", ")));
  }
}

void add_for_variant(const Variant& variant, const ModelSummary& model,
                     std::vector<std::string>& missing) {
  const bool teacher = model.role == Role::kTeacher;
  const std::string& name = model.name;
  if (model.runs == 0) {
    missing.push_back(teacher ? fmt::format("{} (the teacher) was not evaluated.", name)
                              : fmt::format("{} has no finished run.", name));
  }
  for (const FailedRun& run : variant.failed) {
    missing.push_back(
        fmt::format("{} with seed {} failed and is in no number: {}", name, run.seed, run.reason));
  }
  if (model.total_parameters == 0) {
    missing.push_back(fmt::format("The number of parameters of {} is unknown.", name));
  }
  if (const int64_t bad = count_not_finite(variant); bad > 0) {
    missing.push_back(fmt::format(
        "{} has {} metric or curve values that are not finite numbers; they are left out.", name,
        bad));
  }
  if (teacher || model.runs == 0) return;
  if (model.runs == 1) {
    missing.push_back(fmt::format(
        "{} was trained with one seed: no spread over seeds is given, and its intervals cover "
        "the test queries only.",
        name));
  }
  add_for_losses(variant, model, missing);
  if (!model.retention) missing.push_back(fmt::format("The retention of {} was not given.", name));
  if (model.seed_curves.empty()) {
    missing.push_back(fmt::format("{} logged no {} curve.", name, kValidationCurve));
  } else if (model.mean_curve.empty()) {
    missing.push_back(
        fmt::format("The seeds of {} share no evaluation step: it has no mean curve.", name));
  }
}

}  // namespace

std::vector<std::string> what_is_missing(const Comparison& comparison, const Summary& summary) {
  std::vector<std::string> missing;
  add_for_variant(comparison.teacher, summary.teacher(), missing);
  for (size_t i = 0; i < comparison.variants.size(); ++i) {
    add_for_variant(comparison.variants[i], summary.models[i + 1], missing);
  }
  if (comparison.variants.empty()) missing.push_back("No student was trained.");
  if (!comparison.variants.empty() && summary.native() == nullptr) {
    missing.push_back(
        "No variant is named \"native\": gains and steps to native's score cannot be given.");
  }
  if (comparison.languages.empty()) missing.push_back("No languages are listed.");
  if (!summary.is_calibrated()) {
    missing.push_back("The calibration on validation data was not measured.");
  }
  if (comparison.agreement.empty()) {
    missing.push_back("Where teacher and student disagree was not counted.");
  }
  if (comparison.examples.empty()) missing.push_back("There are no nearest-neighbour examples.");
  return missing;
}

}  // namespace clipstill::report
