#include "report/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "report/missing.h"
#include "report/verdict.h"

namespace clipstill::report {
namespace {

bool is_finite(const metrics::Interval& interval) {
  return std::isfinite(interval.value) && std::isfinite(interval.low) &&
         std::isfinite(interval.high);
}

/// An interval that was never computed is all zero; no evaluated model retains exactly nothing.
std::optional<metrics::Interval> computed(const metrics::Interval& interval) {
  const bool never = interval.value == 0 && interval.low == 0 && interval.high == 0;
  if (never || !is_finite(interval)) return std::nullopt;
  return interval;
}

template <class Number>
Statistic over_runs(const std::vector<RunResult>& runs, Number RunResult::*field) {
  std::vector<double> values;
  for (const RunResult& run : runs) values.push_back(static_cast<double>(run.*field));
  return describe(values);
}

std::map<std::string, Statistic> over_runs(const std::vector<RunResult>& runs,
                                           std::map<std::string, double> RunResult::*numbers) {
  std::map<std::string, std::vector<double>> values;
  for (const RunResult& run : runs) {
    for (const auto& [key, value] : run.*numbers) values[key].push_back(value);
  }
  std::map<std::string, Statistic> statistics;
  for (const auto& [key, of_runs] : values) statistics[key] = describe(of_runs);
  return statistics;
}

ModelSummary summarise_model(const Variant& variant, Role role) {
  ModelSummary model;
  model.role = role;
  model.name = variant.name;
  model.description = variant.description;
  model.parameters = variant.parameters;
  for (const auto& [component, parameters] : variant.parameters) {
    model.total_parameters += parameters;
  }
  model.flops_image = variant.flops_image;
  model.flops_text = variant.flops_text;
  model.metrics = over_runs(variant.runs, &RunResult::metrics);
  model.category_recall = over_runs(variant.runs, &RunResult::category_recall);
  for (const auto& [category, retention] : variant.category_retention) {
    if (is_finite(retention)) model.category_retention[category] = retention;
  }
  model.calibration = over_runs(variant.runs, &RunResult::calibration);
  model.runs = static_cast<int64_t>(variant.runs.size());
  model.failed = static_cast<int64_t>(variant.failed.size());
  model.steps = over_runs(variant.runs, &RunResult::steps);
  model.train_seconds = over_runs(variant.runs, &RunResult::train_seconds);
  model.samples_per_second = over_runs(variant.runs, &RunResult::samples_per_second);
  model.loader_share = over_runs(variant.runs, &RunResult::loader_share);
  for (const RunResult& run : variant.runs) {
    const auto curve = run.curves.find(kValidationCurve);
    if (curve != run.curves.end()) model.seed_curves.push_back(clean_curve(curve->second));
  }
  model.mean_curve = mean_curve(model.seed_curves);
  return model;
}

ModelSummary summarise_teacher(const Variant& teacher) {
  ModelSummary model = summarise_model(teacher, Role::kTeacher);
  if (model.name.empty()) model.name = "teacher";
  if (model.runs > 0) model.retention = metrics::Interval{.value = 1, .low = 1, .high = 1};
  return model;
}

void add_variants(const Comparison& comparison, Summary& summary) {
  const auto is_native = [](const Variant& variant) { return variant.name == kNativeName; };
  const auto native =
      std::find_if(comparison.variants.begin(), comparison.variants.end(), is_native);
  const bool has_native = native != comparison.variants.end();
  int distilled = 0;
  for (const Variant& variant : comparison.variants) {
    const Role role = is_native(variant) ? Role::kNative : Role::kDistilled;
    ModelSummary model = summarise_model(variant, role);
    if (role == Role::kDistilled) model.distilled_index = distilled++;
    model.headline = summary.headline() == nullptr && variant.name == comparison.headline;
    if (model.runs > 0) {
      model.retention = computed(variant.retention);
      if (has_native && role == Role::kDistilled) model.gain = computed(variant.gain);
      if (variant.to_headline && is_finite(*variant.to_headline)) {
        model.to_headline = variant.to_headline;
      }
      model.losses = shared_weights(variant, summary.losses);
    }
    if (has_native) model.native_reach = reach_of_native(variant, *native);
    summary.models.push_back(std::move(model));
  }
}

void compare_sizes(Summary& summary) {
  const int64_t teacher_size = summary.teacher().total_parameters;
  for (ModelSummary& model : summary.models) {
    const bool sized = teacher_size > 0 && model.total_parameters > 0;
    model.parameter_share =
        sized ? static_cast<double>(model.total_parameters) / static_cast<double>(teacher_size)
              : std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace

Statistic ModelSummary::metric(const std::string& key) const {
  const auto found = metrics.find(key);
  return found == metrics.end() ? Statistic{} : found->second;
}

bool Summary::is_calibrated() const {
  return std::any_of(models.begin(), models.end(),
                     [](const ModelSummary& model) { return !model.calibration.empty(); });
}

const ModelSummary* Summary::native() const {
  for (const ModelSummary& model : models) {
    if (model.role == Role::kNative) return &model;
  }
  return nullptr;
}

const ModelSummary* Summary::headline() const {
  for (const ModelSummary& model : models) {
    if (model.headline) return &model;
  }
  return nullptr;
}

const CurvePoint* Summary::native_final() const {
  const ModelSummary* model = native();
  return model == nullptr || model->mean_curve.empty() ? nullptr : &model->mean_curve.back();
}

Summary summarise(const Comparison& comparison) {
  Summary summary;
  summary.languages = comparison.languages;
  summary.categories = comparison.categories;
  summary.max_parameter_share = comparison.max_parameter_share;
  summary.min_retention = comparison.min_retention;
  summary.losses = losses_in_use(comparison.variants);
  summary.models.push_back(summarise_teacher(comparison.teacher));
  add_variants(comparison, summary);
  compare_sizes(summary);

  std::set<std::string> components;
  for (const ModelSummary& model : summary.models) {
    for (const auto& [component, parameters] : model.parameters) components.insert(component);
  }
  summary.components.assign(components.begin(), components.end());
  std::set<int64_t> seeds;
  for (const Variant& variant : comparison.variants) {
    for (const RunResult& run : variant.runs) seeds.insert(run.seed);
  }
  summary.seeds.assign(seeds.begin(), seeds.end());

  summary.verdict = judge(summary, comparison.headline);
  summary.missing = what_is_missing(comparison, summary);
  return summary;
}

std::string recall_key(const std::string& language, const std::string& direction, int k) {
  return language + "/" + direction + "/recall@" + std::to_string(k);
}

}  // namespace clipstill::report
