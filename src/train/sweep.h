// One training for each point of a grid of settings, ranked by how well they validate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/option_grid.h"
#include "core/options.h"
#include "report/report.h"
#include "report/statistic.h"
#include "train/config.h"
#include "train/variants.h"

namespace clipstill::train {

struct SweepOptions {
  std::string out;      // folder of the runs and of the ranking
  NumberList seeds{1};  // every point is trained once with each
  int64_t jobs = 1;     // runs trained at the same time, sharing the threads
  std::string variant;  // the [[variant]] that the grid is laid over; empty = the config itself
};

void declare_options(OptionSet& set, SweepOptions& options);

struct SweepRun {
  int64_t seed = 0;
  std::string folder;
  double score = 0;       // best validation mean recall@1, in [0, 1]
  int64_t best_step = 0;  // that had it
};

struct SweepPoint {
  std::string name;            // "train.lr=0.001 train.warmup=3"
  StringList values;           // by key, as text
  std::vector<SweepRun> runs;  // one per finished seed
  std::vector<report::FailedRun> failed;
  report::Statistic score;  // over finished seeds
  int64_t parameters = 0;   // of the student
};

struct Sweep {
  std::string config, variant;
  StringList keys;                 // of the grid
  std::vector<SweepPoint> points;  // best first; equal ones in the order of the grid
  /// Validation mean recall@1 of the teacher that all points have; measured where students differ
  /// in size, to tell what size is worth.
  std::optional<double> teacher_score;
  // Trains the first point with its first finished seed, to the same bits; empty if none is.
  std::string command;
};

/// Trains the product of `grid` with each seed in `out`/<point>-seed<k>, seed by seed, `jobs` at a
/// time; what is done is not done again, what was interrupted continues. Points are ranked by the
/// mean over seeds of the best validation score; a point with a failed seed stands behind those
/// without, for what diverges with one seed may do so with the next. The test split is not looked
/// at, so that a comparison can still be honest about the best point. Writes `out`/sweep.json,
/// sweep.md and sweep.html. `config_path` is the file that `base` comes from, for the command.
/// Errors of grid_points(), and kUsage where nothing is there to validate on.
Sweep sweep(RunConfig& base, const SweepOptions& options, const std::vector<OptionAxis>& grid,
            const std::vector<VariantSpec>& variants, const std::string& config_path);

/// An error naming the runs that failed, with the code of the first; nothing where all finished.
void require_none_failed(const Sweep& sweep);

/// Whether the points are students of several sizes.
bool differ_in_size(const Sweep& sweep);

std::string to_json(const Sweep& sweep);
std::string to_markdown(const Sweep& sweep);
/// The ranking, and where students differ in size what each scores for its parameters.
std::string to_html(const Sweep& sweep);
/// How a Sweep is ranked, in words.
inline constexpr const char* kHowRanked =
    "Ranked by the best validation score of each run: mean ± standard deviation over seeds. The "
    "test data was not looked at.";
/// Header, then one row for each point; with parameters where they differ.
std::vector<std::vector<std::string>> table_rows(const Sweep& sweep);

}  // namespace clipstill::train
