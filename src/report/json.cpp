// The report as JSON: all that went in and all that was computed, under stable keys. Numbers are
// as computed, unrounded; what is not a finite number is null.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base64.h"
#include "report/report.h"
#include "report/summary.h"

namespace clipstill::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json interval(const std::optional<metrics::Interval>& value) {
  if (!value) return nullptr;
  return {{"value", value->value}, {"low", value->low}, {"high", value->high}};
}

Json statistic(const Statistic& value) {
  return {{"mean", number(value.mean)}, {"sd", number(value.sd)}, {"runs", value.runs}};
}

/// By columns, as data frames want it.
Json curve(const std::vector<CurvePoint>& points) {
  Json step = Json::array(), seconds = Json::array(), value = Json::array();
  for (const CurvePoint& point : points) {
    step.push_back(point.step);
    seconds.push_back(number(point.seconds));
    value.push_back(number(point.value));
  }
  return {{"step", step}, {"seconds", seconds}, {"value", value}};
}

/// A weight that is constant has the same first and last.
Json weight(const LossWeight& loss) {
  return {{"weight", loss.first},
          {"final_weight", loss.last},
          {"start", loss.start},
          {"end", loss.end}};
}

/// Those that the run uses; null where they are not known.
Json run_losses(const RunResult& result) {
  if (result.losses.empty()) return nullptr;
  Json losses = Json::object();
  for (const LossWeight& loss : result.losses) {
    if (loss.active()) losses[loss.name] = weight(loss);
  }
  return losses;
}

/// Of the losses that any variant uses; a loss that the seeds weigh differently is null.
Json variant_losses(const ModelSummary& summary) {
  if (summary.losses.empty()) return nullptr;
  Json losses = Json::object();
  for (const SharedWeight& loss : summary.losses) {
    losses[loss.name] = loss.weight ? weight(*loss.weight) : Json(nullptr);
  }
  return losses;
}

Json numbers(const std::map<std::string, double>& values) {
  Json json = Json::object();
  for (const auto& [key, value] : values) json[key] = number(value);
  return json;
}

Json statistics(const std::map<std::string, Statistic>& values) {
  Json json = Json::object();
  for (const auto& [key, value] : values) json[key] = statistic(value);
  return json;
}

/// Of the categories that the model was measured on.
Json category_scores(const ModelSummary& summary) {
  Json categories = Json::object();
  for (const auto& [category, recall] : summary.category_recall) {
    const auto found = summary.category_retention.find(category);
    const bool has_retention = found != summary.category_retention.end();
    categories[category] = {{"recall@1", statistic(recall)},
                            {"retention", has_retention ? interval(found->second) : Json(nullptr)}};
  }
  return categories;
}

Json run(const RunResult& result) {
  Json curves = Json::object();
  for (const auto& [key, points] : result.curves) curves[key] = curve(points);
  return {{"seed", result.seed},
          {"steps", result.steps},
          {"train_seconds", number(result.train_seconds)},
          {"samples_per_second", number(result.samples_per_second)},
          {"loader_share", number(result.loader_share)},
          {"losses", run_losses(result)},
          {"metrics", numbers(result.metrics)},
          {"categories", numbers(result.category_recall)},
          {"calibration", numbers(result.calibration)},
          {"curves", curves}};
}

/// Null where there is no native to compare with; a seed that did not get there has nulls.
Json reach_json(const NativeReach& reach) {
  if (reach.seeds.empty()) return nullptr;
  Json seeds = Json::array();
  for (const SeedReach& one : reach.seeds) {
    const auto& reached = one.reached;
    seeds.push_back({{"seed", one.seed},
                     {"step", reached ? Json(reached->step) : Json(nullptr)},
                     {"seconds", reached ? Json(reached->seconds) : Json(nullptr)},
                     {"share_of_steps", reached ? Json(reached->share_of_steps) : Json(nullptr)}});
  }
  return {{"reached_by", reach.reached},
          {"step", statistic(reach.step)},
          {"seconds", statistic(reach.seconds)},
          {"share_of_steps", statistic(reach.share_of_steps)},
          {"seeds", seeds}};
}

Json model(const Variant& variant, const ModelSummary& summary) {
  Json runs = Json::array();
  for (const RunResult& result : variant.runs) runs.push_back(run(result));
  Json failed = Json::array();
  for (const FailedRun& one : variant.failed) {
    failed.push_back({{"seed", one.seed}, {"reason", one.reason}});
  }
  Json parameters = Json::object();
  for (const auto& [component, size] : variant.parameters) parameters[component] = size;
  return {{"name", summary.name},
          {"description", variant.description},
          {"parameters", parameters},
          {"total_parameters", summary.total_parameters},
          {"parameter_share", number(summary.parameter_share)},
          {"flops", {{"image", variant.flops_image}, {"text", variant.flops_text}}},
          {"retention", interval(summary.retention)},
          {"gain", interval(summary.gain)},
          {"difference_to_headline", interval(summary.to_headline)},
          {"losses", variant_losses(summary)},
          {"metrics", statistics(summary.metrics)},
          {"categories", category_scores(summary)},
          {"calibration", statistics(summary.calibration)},
          {"train_seconds", statistic(summary.train_seconds)},
          {"samples_per_second", statistic(summary.samples_per_second)},
          {"loader_share", statistic(summary.loader_share)},
          {"native_score_reached", reach_json(summary.native_reach)},
          {"runs", runs},
          {"failed_runs", failed}};
}

Json verdict_json(const Comparison& comparison, const Summary& summary) {
  const Verdict& verdict = summary.verdict;
  const bool judged = verdict.outcome != Outcome::kNoData;
  return {{"outcome", !judged                            ? "no_data"
                      : verdict.outcome == Outcome::kMet ? "met"
                                                         : "not_met"},
          {"text", verdict.text()},
          {"headline", comparison.headline},
          {"max_parameter_share", comparison.max_parameter_share},
          {"min_retention", comparison.min_retention},
          {"size_met", judged ? Json(verdict.size_met) : Json(nullptr)},
          {"retention_met", judged ? Json(verdict.retention_met) : Json(nullptr)}};
}

Json agreement_json(const Agreement& here) {
  return {{"language", here.language},
          {"direction", here.direction},
          {"both_right", here.both_right},
          {"only_teacher_right", here.only_teacher},
          {"only_student_right", here.only_student},
          {"both_wrong", here.both_wrong}};
}

Json example_json(const Example& example) {
  Json neighbours = Json::array();
  for (const Neighbour& neighbour : example.neighbours) {
    neighbours.push_back({{"caption", neighbour.caption},
                          {"correct", neighbour.correct},
                          {"png_base64", base64(neighbour.png)}});
  }
  return {{"model", example.model},
          {"only_right", example.only_right},
          {"language", example.language},
          {"query", example.query},
          {"query_png_base64", base64(example.query_png)},
          {"neighbours", neighbours}};
}

}  // namespace

std::string to_json(const Comparison& comparison) {
  const Summary summary = summarise(comparison);
  Json variants = Json::array(), examples = Json::array(), native_final = nullptr;
  for (size_t i = 0; i < comparison.variants.size(); ++i) {
    variants.push_back(model(comparison.variants[i], summary.models[i + 1]));
  }
  Json agreement = Json::array();
  for (const Agreement& here : comparison.agreement) agreement.push_back(agreement_json(here));
  for (const Example& example : comparison.examples) examples.push_back(example_json(example));
  if (const CurvePoint* final = summary.native_final()) {
    native_final = {{"step", final->step}, {"seconds", final->seconds}, {"value", final->value}};
  }
  const Json report = {
      {"format", "clipstill-comparison"},
      {"format_version", kFormatVersion},
      {"title", comparison.title},
      {"data", comparison.data},
      {"verdict", verdict_json(comparison, summary)},
      {"languages", comparison.languages},
      {"categories", comparison.categories},
      {"teacher", model(comparison.teacher, summary.teacher())},
      {"variants", variants},
      {"native_final_validation", native_final},
      {"agreement", agreement},
      {"examples", examples},
      {"notes", comparison.notes},
      {"missing", summary.missing},
      {"provenance",
       {{"date", comparison.date},
        {"machine", comparison.machine},
        {"commit", comparison.commit},
        {"command", comparison.command},
        {"seeds", summary.seeds}}},
  };
  // Captions are user data: bad UTF-8 becomes U+FFFD instead of an exception.
  return report.dump(1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace clipstill::report
