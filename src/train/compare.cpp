#include "train/compare.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "core/error.h"
#include "core/folder_lock.h"
#include "core/hash.h"
#include "core/log.h"
#include "evaluation/categories.h"
#include "metrics/bootstrap.h"
#include "train/examples.h"
#include "train/run_queue.h"
#include "train/run_result.h"
#include "train/teacher.h"
#include "train/trainer.h"

namespace clipstill::train {
namespace {

constexpr uint64_t kBootstrapSeed = 1;
constexpr size_t kExamples = 4;  // that only the teacher answers right, and only the student

// On validation data: a temperature is fitted.
std::map<std::string, double> calibrate_once(const fs::path& model_folder, const fs::path& path,
                                             const data::PairSet& validation) {
  if (validation.size() == 0) return {};
  const auto identity =
      Hasher().update(weights_fingerprint(model_folder)).update(validation.fingerprint()).hex();
  if (auto stored = read_calibration(path, identity)) return *stored;
  auto model = load_model(model_folder);
  const double scale = model.network->scale().item<double>();
  std::map<std::string, double> values;
  for (const auto& [language, of] : label_calibration(model, validation)) {
    values[language + "/scale"] = scale;
    values[language + "/ece"] = of.own.ece;
    values[language + "/nll"] = of.own.nll;
    values[language + "/temperature"] = of.temperature;
    values[language + "/fitted_ece"] = of.fitted.ece;
    values[language + "/fitted_nll"] = of.fitted.nll;
  }
  write_calibration(path, identity, values);
  return values;
}

void describe_model(const fs::path& folder, report::Variant& variant) {
  const auto model = load_model(folder);
  variant.parameters = model.network->parameters_by_component();
  variant.flops_image = model.network->image_flops();
  variant.flops_text = model.network->text_flops(model.network->options().text.context);
}

struct FinishedRun {
  TrainResult trained;
  Evaluation evaluation;
  std::map<std::string, double> calibration;
};

class Comparer {
 public:
  Comparer(RunConfig& base, const CompareOptions& options)
      : base_(base),
        options_(options),
        folder_(options.out),
        data_(open_run_data(base.data)),
        categories_(data_.test) {
    if (data_.test.size() == 0) {
      fail(ErrorCode::kUsage,
           "nothing to test on: hold a domain out (data.holdout), or mark records as split "
           "\"test\"");
    }
    if (base_.teacher.folder.empty()) {
      fail(ErrorCode::kUsage, "teacher.folder is empty; a comparison needs a teacher to retain");
    }
    tokenizer_ = make_tokenizer(base.tokenizer, data_.train);
  }

  report::Comparison run(const std::vector<VariantSpec>& variants) {
    report::Comparison comparison;
    comparison.title = options_.title;
    comparison.languages = data_.test.languages();
    comparison.categories = categories_.sizes();
    comparison.data = fmt::format(
        "{}: {} training pairs, {} for validation, tested on {}{}", base_.data.path,
        data_.train.size(), data_.validation.size(), data_.test.size(),
        base_.data.split.holdout.empty() ? std::string()
                                         : " of the held-out domain " + base_.data.split.holdout);
    comparison.max_parameter_share = options_.max_parameter_share;
    comparison.min_retention = options_.min_retention;
    comparison.notes.push_back(
        "Of each run the weights that validated best are kept; the test data is looked at once, by "
        "that model.");
    if (options_.jobs > 1) {
      comparison.notes.push_back(
          fmt::format("{} runs were trained at the same time; training times are of runs that "
                      "shared the machine.",
                      options_.jobs));
    }
    comparison.headline = options_.headline.empty() ? variants.back().name : options_.headline;
    make_folders(folder_);
    const FolderLock lock(folder_);
    const auto runs = queued(variants);
    require_same_runs(runs, data_, *tokenizer_);
    const auto has_several = [](const QueuedRun& run) {
      return run.config->needs_teacher() && !run.config->teacher.others.empty();
    };
    if (std::any_of(runs.begin(), runs.end(), has_several)) {
      comparison.notes.push_back(
          "Some students learned from several teachers; \"teacher\" is the one that teacher.folder "
          "names, and retention is of it alone.");
    }
    measure_teacher(comparison);
    train_all(variants, runs);
    for (const auto& variant : variants) comparison.variants.push_back(collect(variant));
    add_intervals(comparison);
    add_examples(comparison);
    return comparison;
  }

 private:
  void measure_teacher(report::Comparison& comparison) {
    const auto evaluation =
        evaluate_once(base_.teacher.folder, folder_ / "teacher.json", data_.test);
    comparison.teacher.name = "teacher";
    comparison.teacher.description = base_.teacher.folder;
    describe_model(base_.teacher.folder, comparison.teacher);
    report::RunResult run;
    run.metrics = evaluation.metrics;
    run.category_recall = categories_.recall(evaluation.hits);
    run.calibration = calibrate_once(base_.teacher.folder, folder_ / "teacher-calibration.json",
                                     data_.validation);
    comparison.teacher.runs.push_back(std::move(run));
    teacher_hits_ = evaluation.hits;
  }

  // Trains and tests what is not done yet.
  void train_all(const std::vector<VariantSpec>& variants, const std::vector<QueuedRun>& runs) {
    for (const auto& variant : variants) {  // the soft labels do not depend on the seed
      const auto config = variant_config(base_, variant);
      if (config->needs_teacher()) embed_teachers(*config, data_);
    }
    const auto failed =
        work_through(runs, options_.jobs, base_.train.threads, [&](size_t i) { run_one(runs[i]); });
    for (const auto& [i, error] : failed) failed_.emplace(runs[i].folder, error);
  }

  std::vector<QueuedRun> queued(const std::vector<VariantSpec>& variants) {
    std::vector<QueuedRun> runs;
    for (const double seed : options_.seeds) {
      for (const auto& variant : variants) {
        runs.push_back({fmt::format("{} seed {:g}", variant.name, seed),
                        run_folder(folder_, variant.name, seed), variant_config(base_, variant)});
        runs.back().config->train.seed = static_cast<int64_t>(seed);
      }
    }
    return runs;
  }

  void run_one(const QueuedRun& run) {
    const auto trained = train(*run.config, data_, tokenizer_, run.folder);
    const auto evaluation =
        evaluate_once(run.folder / "best", run.folder / "result.json", data_.test);
    log_info("{}: recall@1 {:.1f} %", run.name, 100 * evaluation.metrics.at("mean/recall@1"));
    const auto calibration =
        calibrate_once(run.folder / "best", run.folder / "calibration.json", data_.validation);
    const std::lock_guard lock(mutex_);
    finished_[run.folder] = {trained, evaluation, calibration};
  }

  report::Variant collect(const VariantSpec& spec) {
    report::Variant variant;
    variant.name = spec.name;
    variant.description = spec.description;
    for (const double seed : options_.seeds) {
      const auto folder = run_folder(folder_, spec.name, seed);
      if (const auto failed = failed_.find(folder); failed != failed_.end()) {
        const Error& error = failed->second;
        variant.failed.push_back({static_cast<int64_t>(seed), error.code(), error.what()});
        continue;
      }
      const auto& [trained, evaluation, calibration] = finished_.at(folder);
      report::RunResult run;
      run.seed = static_cast<int64_t>(seed);
      run.steps = trained.steps;
      run.train_seconds = trained.seconds;
      run.samples_per_second = trained.samples_per_second;
      run.loader_share = trained.loader_share;
      run.metrics = evaluation.metrics;
      run.category_recall = categories_.recall(evaluation.hits);
      run.calibration = calibration;
      run.curves = read_curves(folder);
      run.losses = read_loss_weights(folder);
      hits_[spec.name].emplace_back(run.seed, evaluation.hits);
      variant.runs.push_back(std::move(run));
      if (variant.parameters.empty()) describe_model(folder / "best", variant);
    }
    return variant;
  }

  void add_intervals(report::Comparison& comparison) {
    for (auto& variant : comparison.variants) {
      if (variant.runs.empty()) continue;
      std::vector<std::vector<float>> hits;
      for (const auto& [seed, of_seed] : hits_[variant.name]) hits.push_back(of_seed);
      variant.retention = metrics::retention(hits, teacher_hits_, kBootstrapSeed);
      variant.category_retention = categories_.retention(hits, teacher_hits_, kBootstrapSeed);
      variant.gain = paired(variant.name, report::kNativeName).value_or(metrics::Interval{});
      if (variant.name != comparison.headline) {
        variant.to_headline = paired(variant.name, comparison.headline);
      }
    }
  }

  // Over the seeds that both have finished; nothing where there is none.
  std::optional<metrics::Interval> paired(const std::string& name, const std::string& other) {
    std::vector<std::vector<float>> a, b;
    for (const auto& [seed, of_a] : hits_[name]) {
      for (const auto& [same, of_b] : hits_[other]) {
        if (same != seed) continue;
        a.push_back(of_a);
        b.push_back(of_b);
      }
    }
    if (a.empty()) return std::nullopt;
    return metrics::paired_difference(a, b, kBootstrapSeed);
  }

  // The same queries to the teacher and to the headline's first finished seed, side by side.
  void add_examples(report::Comparison& comparison) {
    const auto& finished = hits_[comparison.headline];
    if (finished.empty()) return;
    const auto seed = static_cast<double>(finished.front().first);
    const auto student = run_folder(folder_, comparison.headline, seed) / "best";
    auto teacher_model = load_model(base_.teacher.folder);
    auto student_model = load_model(student);
    add_disagreement({comparison.teacher.name, teacher_model}, {comparison.headline, student_model},
                     data_.test, kExamples, comparison);
  }

  RunConfig& base_;
  const CompareOptions& options_;
  fs::path folder_;
  RunData data_;
  evaluation::Categories categories_;                 // of the test
  std::shared_ptr<const text::Tokenizer> tokenizer_;  // every variant has the same
  std::mutex mutex_;
  std::map<fs::path, FinishedRun> finished_;
  std::map<fs::path, Error> failed_;
  std::vector<float> teacher_hits_;
  std::map<std::string, std::vector<std::pair<int64_t, std::vector<float>>>>
      hits_;  // of the finished seeds of a variant, in their order
};

VariantSpec without_command_line(VariantSpec variant) {
  std::erase_if(variant.overrides, [](const auto& value) { return value.origin == kCommandLine; });
  return variant;
}

// A key of the command line stands above the variants' own, which may be what they differ in.
void look_at_command_line(RunConfig& base, const std::vector<VariantSpec>& variants) {
  struct Seen {
    std::string name;
    std::set<std::string> replaced;  // keys
  };
  std::map<std::map<std::string, std::string>, Seen> by_values;
  for (const auto& variant : variants) {
    const auto values = resolved_values(*variant_config(base, variant));
    Seen here{variant.name, {}};
    for (const auto& [key, own] :
         resolved_values(*variant_config(base, without_command_line(variant)))) {
      if (values.at(key) == own) continue;
      here.replaced.insert(key);
      log_warning("variant \"{}\": {} = {} of the command line stands above its own {}",
                  variant.name, key, values.at(key), own);
    }
    const auto [same, is_new] = by_values.emplace(values, here);
    if (is_new) continue;
    here.replaced.insert(same->second.replaced.begin(), same->second.replaced.end());
    if (here.replaced.empty()) continue;
    fail(ErrorCode::kUsage,
         "{} on the command line leaves the variants \"{}\" and \"{}\" the same; set it in the "
         "config, or leave one of them out (compare.variants)",
         fmt::join(here.replaced, ", "), same->second.name, variant.name);
  }
}

}  // namespace

void declare_options(OptionSet& set, CompareOptions& o) {
  set.add("compare.out", o.out, "folder of the runs and the report");
  set.add("compare.title", o.title, "title of the report");
  set.add("compare.seeds", o.seeds, "seeds; every variant is trained once with each")
      .range(0, 1e15);
  set.add(
      "compare.variants", o.variants,
      "names of the variants to run; empty = all. A key on the command line stands above what a "
      "variant sets itself");
  set.add("compare.jobs", o.jobs,
          "runs trained at the same time, sharing the threads; small students then train faster")
      .range(1, 64);
  set.add("compare.headline", o.headline, "variant that the verdict is about; empty = the last");
  set.add("compare.max_parameter_share", o.max_parameter_share,
          "budget: the student's parameters as a share of the teacher's")
      .range(0, 1);
  set.add("compare.min_retention", o.min_retention,
          "budget: the student's recall@1 as a share of the teacher's")
      .range(0, 10);
}

std::vector<VariantSpec> selected_variants(RunConfig& base, const CompareOptions& options,
                                           const std::vector<VariantSpec>& variants) {
  const auto known = names_of(variants);
  for (const auto& name : options.variants) require_variant("compare.variants", name, known);
  std::vector<VariantSpec> chosen;
  for (const auto& variant : variants) {
    variant_config(base, variant);
    const auto& wanted = options.variants;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), variant.name) == wanted.end()) {
      continue;
    }
    chosen.push_back(variant);
  }
  look_at_command_line(base, chosen);
  if (!options.headline.empty()) {
    require_variant("compare.headline", options.headline, names_of(chosen));
  }
  return chosen;
}

report::Comparison compare(RunConfig& base, const CompareOptions& options,
                           const std::vector<VariantSpec>& variants, const Provenance& provenance) {
  if (options.out.empty()) fail(ErrorCode::kUsage, "compare.out is empty; name a folder");
  require_seeds("compare.seeds", options.seeds);
  auto comparison = Comparer(base, options).run(selected_variants(base, options, variants));
  comparison.command = provenance.command;
  comparison.machine = provenance.machine;
  comparison.commit = provenance.commit;
  comparison.date = provenance.date;
  report::write_report(comparison, fs::path(options.out) / "report");
  return comparison;
}

void require_none_failed(const report::Comparison& comparison) {
  require_all_finished(comparison.variants);
}

}  // namespace clipstill::train
