// The report's tables as text cells; each format only lays them out.
#pragma once

#include <string>
#include <vector>

#include "report/summary.h"

namespace clipstill::report {

struct TableRow {
  std::vector<std::string> cells;  // the first is the name of the model
  bool highlighted = false;        // the variant that the verdict is about
};

struct Table {
  std::string caption;
  std::vector<std::string> header;  // the first column is text, the others are numbers
  std::vector<TableRow> rows;
};

/// One row per model: size, mean recall@1, retention, gain, zero-shot accuracy, training time.
Table summary_table(const Summary& summary);
/// How to read loss_table().
std::string loss_explanation(const Summary& summary);
/// The weights that each variant trains with, beside what it reaches. No columns of losses where
/// none are known.
Table loss_table(const Summary& summary);
/// Parameters by component, total, share of the teacher, FLOPs.
Table parameter_table(const Summary& summary);
/// One table per language and direction with recall@1/5/10, then one of the zero-shot accuracy.
std::vector<Table> retrieval_tables(const Summary& summary);
/// How to read category_tables().
inline constexpr const char* kCategories =
    "Mean recall@1 over languages and directions of the test pairs of each category. Every query "
    "is asked among all test pairs, not among those of its category alone. Retention is against "
    "the teacher in the same category. Its 95 % interval needs pairs to draw from: of a handful it "
    "is too narrow, and of one it has no width.";
/// Recall of every model and retention of every variant, one row per category. None where no pair
/// has a category.
std::vector<Table> category_tables(const Summary& summary);
/// What calibration_tables() hold and how to read them.
std::string calibration_explanation(const Summary& summary);
/// One table per language: scale, expected calibration error and NLL with it; the temperature with
/// the least NLL, and both with that. None where nothing was measured.
std::vector<Table> calibration_tables(const Summary& summary);
/// Cost of the training and the steps that it takes to reach native's final validation score, means
/// over seeds.
Table training_table(const Summary& summary);
/// Where native ends, and what the last columns of training_table() say of it.
std::string native_reach_explanation(const CurvePoint& native_final);
/// What native_reach_table() tells of each seed.
inline constexpr const char* kReachBySeed =
    "By seed: the step, its share of native’s steps, the training time.";
/// Those steps for each seed: "1,000 (12.5 %, 45 s)", a share of the steps of native of that seed.
Table native_reach_table(const Summary& summary);
/// What agreement_table() counts, and how the examples below it were chosen.
std::string agreement_explanation(const Comparison& comparison, const Summary& summary);
/// Test queries by who answers them right: "1,234 (45.6 %)".
Table agreement_table(const Comparison& comparison, const Summary& summary);
/// Mean validation recall@1 at up to `max_rows` steps, evenly chosen, the last among them.
Table curve_table(const Summary& summary, int max_rows);

}  // namespace clipstill::report
