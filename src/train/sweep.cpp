#include "train/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/error.h"
#include "core/files.h"
#include "core/folder_lock.h"
#include "core/log.h"
#include "core/shell.h"
#include "train/model_folder.h"
#include "train/run_queue.h"
#include "train/run_result.h"
#include "train/sweep_points.h"
#include "train/teacher.h"
#include "train/trainer.h"

namespace clipstill::train {
namespace {

// A string of TOML without its quotes, where they are not needed to read it back.
std::string bare(const std::string& value) {
  const auto inner = value.starts_with('"') ? value.substr(1, value.size() - 2) : std::string();
  const bool needs_quotes = inner.empty() || inner.find('\\') != std::string::npos ||
                            inner.starts_with('[') || inner.starts_with('\'');
  return needs_quotes ? value : inner;
}

// What a shell has to be given beside the config file for `config` to come out.
StringList overrides(const std::string& config_path, RunConfig& config) {
  RunConfig plain;
  OptionSet from;
  declare_options(from, plain);
  from.load_toml(config_path, kComparisonTables);
  const auto before = resolved_values(plain);
  StringList words;
  for (const auto& [key, value] : resolved_values(config)) {
    if (before.at(key) != value) words.push_back(key + "=" + bare(value));
  }
  return words;
}

class Sweeper {
 public:
  Sweeper(RunConfig& base, const SweepOptions& options, const std::vector<OptionAxis>& grid)
      : base_(base), options_(options), points_(grid_points(base, grid)) {}

  /// The points, ranked, and the teacher's score.
  void run(Sweep& sweep) {
    const auto data = open_run_data(base_.data);
    if (data.validation.size() == 0) {
      fail(ErrorCode::kUsage,
           "{}: nothing to validate on, and a sweep ranks by the validation score; set "
           "data.validation_share, or mark records as split \"val\"",
           base_.data.path);
    }
    const auto tokenizer = make_tokenizer(base_.tokenizer, data.train);
    std::vector<QueuedRun> runs;
    for (const double seed : options_.seeds) {
      for (size_t i = 0; i < points_.size(); ++i) runs.push_back(queued(i, seed));
    }
    make_folders(options_.out);
    const FolderLock lock(options_.out);
    require_same_runs(runs, data, *tokenizer);
    for (const auto& point : points_) {
      if (point.config->needs_teacher()) embed_teachers(*point.config, data);
    }
    std::vector<TrainResult> results(runs.size());
    const auto failed = work_through(runs, options_.jobs, base_.train.threads, [&](size_t i) {
      results[i] = train(*runs[i].config, data, tokenizer, runs[i].folder);
      log_info("{}: validation recall@1 {:.1f} %", runs[i].name, 100 * results[i].best_score);
    });
    sweep.points = collect(runs, results, failed, *tokenizer);
    if (differ_in_size(sweep)) sweep.teacher_score = teacher_score(data.validation);
  }

  /// The words after `clipstill train CONFIG` that repeat the first finished run of a point.
  StringList training_of(const SweepPoint& ranked, const std::string& config_path) const {
    const auto point = std::find_if(points_.begin(), points_.end(),
                                    [&](const auto& one) { return one.name == ranked.name; });
    const auto run = queued(static_cast<size_t>(point - points_.begin()),
                            static_cast<double>(ranked.runs.front().seed));
    // The order of sums, and so the last bits, are those of as many threads.
    if (options_.jobs > 1) {
      run.config->train.threads = threads_of_each(base_.train.threads, options_.jobs);
    }
    return overrides(config_path, *run.config);
  }

 private:
  QueuedRun queued(size_t point, double seed) const {
    const auto& from = points_[point];
    QueuedRun run{fmt::format("{} seed {:g}", from.name, seed),
                  run_folder(options_.out, from.folder, seed), copy_of(*from.config)};
    run.config->train.seed = static_cast<int64_t>(seed);
    return run;
  }

  static std::unique_ptr<RunConfig> copy_of(RunConfig& config) {
    return variant_config(config, VariantSpec{});
  }

  // Nothing where not all points learn from one teacher.
  std::optional<double> teacher_score(const data::PairSet& validation) const {
    const auto& teacher = points_.front().config->teacher.folder;
    const bool is_shared = std::ranges::all_of(points_, [&](const auto& point) {
      return point.config->needs_teacher() && point.config->teacher.folder == teacher;
    });
    if (!is_shared) return std::nullopt;
    const auto path = fs::path(options_.out) / "teacher.json";
    return evaluate_once(teacher, path, validation).metrics.at("mean/recall@1");
  }

  std::vector<SweepPoint> collect(const std::vector<QueuedRun>& runs,
                                  const std::vector<TrainResult>& results,
                                  const std::map<size_t, Error>& failed,
                                  const text::Tokenizer& tokenizer) const {
    std::vector<SweepPoint> ranked;
    for (size_t i = 0; i < points_.size(); ++i) {
      auto& point = ranked.emplace_back();
      point.name = points_[i].name;
      point.values = points_[i].values;
      const auto network = make_network(points_[i].config->model, tokenizer, /*seed=*/0);
      for (const auto& [component, size] : network->parameters_by_component()) {
        point.parameters += size;
      }
      std::vector<double> scores;
      for (size_t run = i; run < runs.size(); run += points_.size()) {
        const int64_t seed = runs[run].config->train.seed;
        if (const auto found = failed.find(run); found != failed.end()) {
          point.failed.push_back({seed, found->second.code(), found->second.what()});
          continue;
        }
        point.runs.push_back(
            {seed, runs[run].folder.string(), results[run].best_score, results[run].best_step});
        scores.push_back(results[run].best_score);
      }
      point.score = report::describe(scores);
    }
    const auto rank = [](const SweepPoint& point) {  // NaN, of no run at all, compares with nothing
      return std::tuple(point.failed.empty(), !point.runs.empty(),
                        point.runs.empty() ? 0 : point.score.mean);
    };
    std::stable_sort(ranked.begin(), ranked.end(),
                     [&](const auto& a, const auto& b) { return rank(a) > rank(b); });
    return ranked;
  }

  RunConfig& base_;
  const SweepOptions& options_;
  std::vector<GridPoint> points_;
};

}  // namespace

void declare_options(OptionSet& set, SweepOptions& o) {
  set.add("sweep.out", o.out, "folder of the runs and the ranking");
  set.add("sweep.seeds", o.seeds, "seeds; every point of the grid is trained once with each")
      .range(0, 1e15);
  set.add("sweep.jobs", o.jobs,
          "runs trained at the same time, sharing the threads; small students then train faster")
      .range(1, 64);
  set.add("sweep.variant", o.variant,
          "the [[variant]] that the grid is laid over; empty = the config itself");
}

Sweep sweep(RunConfig& base, const SweepOptions& options, const std::vector<OptionAxis>& grid,
            const std::vector<VariantSpec>& variants, const std::string& config_path) {
  if (options.out.empty()) fail(ErrorCode::kUsage, "sweep.out is empty; name a folder");
  require_seeds("sweep.seeds", options.seeds);
  std::unique_ptr<RunConfig> variant;
  if (!options.variant.empty()) {
    require_variant("sweep.variant", options.variant, names_of(variants));
    variant = variant_config(base, options.variant, variants);
  }
  Sweeper sweeper(variant ? *variant : base, options, grid);
  Sweep sweep;
  sweep.config = config_path;
  sweep.variant = options.variant;
  for (const auto& axis : grid) sweep.keys.push_back(axis.key);
  sweeper.run(sweep);
  if (const auto& best = sweep.points.front(); !best.runs.empty()) {
    StringList words{"clipstill", "train", config_path, "--out",
                     (fs::path(options.out) / "best").string()};
    const auto settings = sweeper.training_of(best, config_path);
    words.insert(words.end(), settings.begin(), settings.end());
    sweep.command = shell_command(words);
  }
  write_file(fs::path(options.out) / "sweep.json", to_json(sweep));
  write_file(fs::path(options.out) / "sweep.md", to_markdown(sweep));
  write_file(fs::path(options.out) / "sweep.html", to_html(sweep));
  return sweep;
}

void require_none_failed(const Sweep& sweep) {
  require_all_finished(sweep.points);
}

}  // namespace clipstill::train
