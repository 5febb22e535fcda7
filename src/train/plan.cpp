#include "train/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/files.h"
#include "train/run_data.h"
#include "train/teacher.h"
#include "train/trial.h"

namespace clipstill::train {
namespace {

constexpr const char* kSoftLabels = "soft labels";

/// Collects the stages of one data set, trying each teacher and each training once.
class Planner {
 public:
  explicit Planner(const RunConfig& base)
      : data_(open_run_data(base.data)), tokenizer_(make_tokenizer(base.tokenizer, data_.train)) {}

  const RunData& data() const { return data_; }

  /// Tried once for configs that share a cache.
  const TeacherTrial& teacher(const RunConfig& config, const fs::path& folder,
                              const fs::path& cache) {
    const auto [entry, fresh] = teachers_.try_emplace(cache);
    if (fresh) entry->second = try_teacher(config, folder, data_);
    return entry->second;
  }

  /// The teachers' passes over the training split, where they are not done.
  void soft_labels(const RunConfig& config, const std::vector<Teacher>& teachers) {
    PlannedStage stage{kSoftLabels,
                       fmt::format("{} images, {} views each, {} texts", data_.train.size(),
                                   config.train.views, data_.train.texts().size())};
    int64_t passes = 0;
    for (const auto& of : teachers) {
      if (!caches_.insert(of.cache).second || has_cache(of)) continue;
      const auto& trial = teacher(config, of.folder, of.cache);
      ++passes;
      stage.seconds += trial.embed_seconds;
      stage.memory_bytes = std::max(stage.memory_bytes, trial.memory_bytes);
      stage.disk_bytes += trial.disk_bytes;
    }
    if (passes > 1) stage.what += fmt::format(", {} teachers", passes);
    if (passes > 0) add(std::move(stage));
  }

  /// Seconds of one training; `side_by_side` of them share the machine, and there are `times`.
  double training(const RunConfig& config, const std::string& name, int64_t side_by_side,
                  int64_t times) {
    std::vector<TeacherShape> shapes;
    if (config.needs_teacher()) {
      const auto teachers = teachers_of(config, data_);
      soft_labels(config, teachers);
      for (const auto& of : teachers) {
        shapes.push_back(teacher(config, of.folder, of.cache).shape);
        shapes.back().share = of.share;
      }
    }
    const auto trial = try_training(config, data_, tokenizer_, shapes, side_by_side);
    const auto& options = config.train;
    const auto steps = static_cast<double>(options.steps);
    const auto validations =
        static_cast<double>((options.steps + options.evaluate_every - 1) / options.evaluate_every);
    const double seconds =
        trial.start_seconds + steps * trial.step_seconds + validations * trial.validation_seconds;
    add({name, fmt::format("{} steps of {} pairs", options.steps, options.batch), times, seconds,
         trial.memory_bytes, trial.disk_bytes});
    tests_ += static_cast<double>(times) * (trial.test_seconds + trial.calibration_seconds);
    return seconds;
  }

  /// Everything so far; `training_seconds` is what all trainings take together.
  Plan finish(double training_seconds) {
    // In the order of the work.
    std::stable_partition(plan_.stages.begin(), plan_.stages.end(),
                          [](const auto& stage) { return stage.name == kSoftLabels; });
    for (const auto& stage : plan_.stages) {
      if (!stage.name.starts_with("train")) {
        plan_.seconds += stage.seconds * static_cast<double>(stage.times);
      }
      plan_.memory_bytes = std::max(plan_.memory_bytes, stage.memory_bytes);
      plan_.disk_bytes += stage.disk_bytes * stage.times;
    }
    plan_.seconds += training_seconds;
    return plan_;
  }

  void add(PlannedStage stage) { plan_.stages.push_back(std::move(stage)); }
  double tests() const { return tests_; }

 private:
  RunData data_;
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  std::map<fs::path, TeacherTrial> teachers_;  // by cache
  std::set<fs::path> caches_;                  // seen
  Plan plan_;
  double tests_ = 0;
};

// When the last of the runs ends, each begun by the first that is free of `jobs`, in their order.
double end_of(const std::vector<double>& runs, int64_t jobs) {
  std::vector<double> free_at(static_cast<size_t>(jobs), 0);
  for (const double seconds : runs) {
    *std::min_element(free_at.begin(), free_at.end()) += seconds;
  }
  return *std::max_element(free_at.begin(), free_at.end());
}

}  // namespace

Plan plan_training(const RunConfig& config) {
  Planner planner(config);
  return planner.finish(planner.training(config, "train", /*side_by_side=*/1, /*times=*/1));
}

Plan plan_comparison(RunConfig& base, const CompareOptions& options,
                     const std::vector<VariantSpec>& variants) {
  Planner planner(base);
  const auto seeds = static_cast<int64_t>(options.seeds.size());
  const auto chosen = selected_variants(base, options, variants);
  const int64_t runs = seeds * static_cast<int64_t>(chosen.size());
  std::vector<double> of_seed;
  for (const auto& variant : chosen) {
    const auto config = variant_config(base, variant.name, variants);
    of_seed.push_back(
        planner.training(*config, "train " + variant.name, std::min(options.jobs, runs), seeds));
  }
  std::vector<double> all;  // seed by seed, as compare() trains them
  for (int64_t seed = 0; seed < seeds; ++seed)
    all.insert(all.end(), of_seed.begin(), of_seed.end());
  const auto& teacher = planner.teacher(base, base.teacher.folder, base.teacher.cache);
  const double tests = planner.tests() + teacher.test_seconds + teacher.calibration_seconds;
  planner.add({"test",
               fmt::format("{} models and the teacher, {} pairs, and {} to calibrate on", runs,
                           planner.data().test.size(), planner.data().validation.size()),
               1, tests, teacher.test_memory_bytes, 0});
  return planner.finish(end_of(all, options.jobs));
}

}  // namespace clipstill::train
