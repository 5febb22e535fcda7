// Everything that the report says, computed once; the formats only lay it out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/learning_curve.h"
#include "report/loss_weights.h"
#include "report/native_reach.h"
#include "report/report.h"
#include "report/statistic.h"

namespace clipstill::report {

/// Run metric: mean over languages and directions.
inline constexpr const char* kMeanRecall = "mean/recall@1";

enum class Role { kTeacher, kNative, kDistilled };

struct ModelSummary {
  Role role = Role::kDistilled;
  int distilled_index = 0;  // counts the distilled variants, for their colours
  bool headline = false;
  std::string name, description;

  std::map<std::string, int64_t> parameters;
  int64_t total_parameters = 0;
  double parameter_share = 0;  // of the teacher; NaN if the teacher's size is unknown
  int64_t flops_image = 0, flops_text = 0;

  std::map<std::string, Statistic> metrics;      // by the keys of RunResult::metrics
  std::map<std::string, Statistic> calibration;  // by those of RunResult::calibration
  std::optional<metrics::Interval> retention, gain, to_headline;

  std::map<std::string, Statistic> category_recall;             // by category
  std::map<std::string, metrics::Interval> category_retention;  // those that are finite

  std::vector<SharedWeight> losses;  // those of Summary::losses; empty = not known

  int64_t runs = 0;    // finished, which all numbers are over
  int64_t failed = 0;  // those that are not
  Statistic steps, train_seconds, samples_per_second, loader_share;

  std::vector<Curve> seed_curves;  // validation recall@1
  Curve mean_curve;
  NativeReach native_reach;  // no seeds where there is no native to compare with

  /// Of `metrics`; all NaN where no run has it.
  Statistic metric(const std::string& key) const;
};

enum class Outcome { kMet, kNotMet, kNoData };

struct Verdict {
  Outcome outcome = Outcome::kNoData;
  std::string heading;      // "Budget met"
  std::string explanation;  // both numbers against the budget, or why there is no verdict
  bool size_met = false, retention_met = false;

  std::string text() const { return heading + ": " + explanation; }
};

struct Summary {
  std::vector<ModelSummary> models;     // the teacher first, then the variants as given
  std::vector<std::string> components;  // of all models, sorted
  std::vector<std::string> losses;      // that any variant uses
  std::vector<std::string> languages;
  std::map<std::string, int64_t> categories;  // with the number of their test pairs
  std::vector<int64_t> seeds;                 // of the variants, sorted
  Verdict verdict;
  double max_parameter_share = 0, min_retention = 0;
  std::vector<std::string> missing;  // what a reader might look for and will not find

  bool is_calibrated() const;  // whether the calibration of any model was measured
  const ModelSummary& teacher() const { return models.front(); }
  const ModelSummary* native() const;    // null if there is none
  const ModelSummary* headline() const;  // null if there is none
  /// Native's last point of the mean validation curve; null if it has none.
  const CurvePoint* native_final() const;
};

Summary summarise(const Comparison& comparison);

/// "en/image_to_text/recall@1".
std::string recall_key(const std::string& language, const std::string& direction, int k);

struct Direction {
  const char* key;
  const char* label;
};
inline constexpr Direction kDirections[] = {{"image_to_text", "image → text"},
                                            {"text_to_image", "text → image"}};

}  // namespace clipstill::report
