// The comparison report: a self-contained HTML page with inline SVG, the same as Markdown, and
// JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "metrics/bootstrap.h"

namespace clipstill::report {

/// The variant of this name is the baseline that the others' gain is measured against.
inline constexpr const char* kNativeName = "native";

struct CurvePoint {
  int64_t step = 0;
  double seconds = 0;
  double value = 0;
};

/// How a loss weighs in the sum that trains a run: linear from `first` to `last` between the shares
/// `start` and `end` of the steps.
struct LossWeight {
  std::string name;            // "kl"
  double first = 0, last = 0;  // both 0: the loss is off
  double start = 0, end = 1;   // as here where the weight is constant

  bool active() const { return first > 0 || last > 0; }
  bool operator==(const LossWeight&) const = default;
};

/// One trained (or given) model, evaluated on the held-out data.
struct RunResult {
  int64_t seed = 0;
  int64_t steps = 0;
  double train_seconds = 0;
  double samples_per_second = 0;
  double loader_share = 0;         // share of the training time spent waiting for data, [0, 1]
  std::vector<LossWeight> losses;  // of every loss that there is; empty = not known
  /// Keys "en/image_to_text/recall@1", "zh/text_to_image/recall@5", "en/zero_shot/accuracy", and
  /// "mean/recall@1" (mean over languages and directions). Values in [0, 1].
  std::map<std::string, double> metrics;
  /// Mean recall@1 of the test pairs of each category, among all test pairs; in [0, 1].
  std::map<std::string, double> category_recall;
  /// Of the zero-shot classification of the validation data, by language: "en/scale" that its
  /// logits have, "en/ece" (expected calibration error, [0, 1]) and "en/nll" (nats) with it,
  /// "en/temperature" that divides it for the least NLL, "en/fitted_ece", "en/fitted_nll". Empty =
  /// not measured.
  std::map<std::string, double> calibration;
  /// "loss", "val/recall@1": values over training.
  std::map<std::string, std::vector<CurvePoint>> curves;
};

/// A run that did not come to its end, and is in no number.
struct FailedRun {
  int64_t seed = 0;
  ErrorCode code = ErrorCode::kInternal;
  std::string reason;
};

struct Variant {
  std::string name;                           // "native", "kl_t4", "combined"
  std::string description;                    // one line: losses and weights
  std::map<std::string, int64_t> parameters;  // by component; the sum is the size
  int64_t flops_image = 0, flops_text = 0;    // per sample, forward, multiply-adds x 2
  std::vector<RunResult> runs;                // one per finished seed; the teacher has one
  std::vector<FailedRun> failed;              // the other seeds
  metrics::Interval retention;                // mean recall@1 / teacher's
  metrics::Interval gain;                     // mean recall@1 - native's, paired seeds
  std::map<std::string, metrics::Interval> category_retention;  // retention of each category
  /// Mean recall@1 - the headline's, paired seeds; nothing for the headline.
  std::optional<metrics::Interval> to_headline;
};

struct Neighbour {
  std::string caption;
  std::string png;  // encoded thumbnail
  bool correct = false;
};

/// How often the teacher and the headline's first seed answer the same test queries right at
/// rank 1.
struct Agreement {
  std::string language, direction;  // "en", "image_to_text"
  int64_t both_right = 0, only_teacher = 0, only_student = 0, both_wrong = 0;
};

/// "Query text -> nearest images" or "query image -> nearest texts" of one model. Those of one
/// query follow each other.
struct Example {
  std::string model;
  std::string only_right;  // the model that alone answers it right; empty = any query
  std::string language;
  std::string query;                  // text, or caption of the query image
  std::string query_png;              // empty for a text query
  std::vector<Neighbour> neighbours;  // best first
};

struct Comparison {
  std::string title, command, machine, commit, date;
  std::string data;  // one line: what was trained on, what was held out
  std::vector<std::string> languages;
  std::map<std::string, int64_t> categories;  // test pairs of each; "": of none of them
  Variant teacher;
  std::vector<Variant> variants;
  std::string headline;  // name of the variant that the verdict is about
  double max_parameter_share = 0.20;
  double min_retention = 0.95;
  std::vector<Agreement> agreement;  // by language and direction
  std::vector<Example> examples;     // those that the same model alone answers right together
  std::vector<std::string> notes;    // facts a reader must know: shortfalls, what was not run
};

/// "met" or "not met" against the budget, in plain words with both numbers.
std::string verdict(const Comparison& comparison);
/// The table that the terminal shows (fixed width, no colours).
std::string text_table(const Comparison& comparison);
std::string to_markdown(const Comparison& comparison);
std::string to_json(const Comparison& comparison);
std::string to_html(const Comparison& comparison);
/// report.html, report.md and report.json in `folder`, each written atomically.
void write_report(const Comparison& comparison, const std::filesystem::path& folder);

}  // namespace clipstill::report
