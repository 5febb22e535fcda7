#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/ranges.h>

#include "core/error.h"
#include "core/files.h"
#include "core/folder_lock.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stopwatch.h"
#include "data/loader.h"
#include "train/autocast.h"
#include "train/checkpoint.h"
#include "train/diagnosis.h"
#include "train/evaluate.h"
#include "train/initial_network.h"
#include "train/learner.h"
#include "train/run_identity.h"
#include "train/teacher.h"

namespace clipstill::train {
namespace {

constexpr int64_t kLogEvery = 20;  // steps
constexpr size_t kNamedSamples = 8;

class Trainer {
 public:
  Trainer(RunConfig& config, const RunData& data, std::shared_ptr<const text::Tokenizer> tokenizer,
          const fs::path& folder)
      : config_(config), data_(data), folder_(folder) {
    make_folders(folder_);
    lock_.emplace(folder_);
    auto [caches, shapes] = open_caches(config_, data_);
    caches_ = std::move(caches);
    const auto finished = finished_state(folder_);
    const auto saved = finished ? std::nullopt : newest_checkpoint(folder_ / "checkpoints");
    // Where the weights come from a checkpoint, or are not needed, what a start takes is spared.
    learner_.emplace(config_,
                     finished || saved ? make_network(config_.model, *tokenizer,
                                                      static_cast<uint64_t>(config_.train.seed))
                                       : initial_network(config_, data_.train, *tokenizer),
                     shapes);
    model_ = {learner_->network(), std::move(tokenizer), config_.preprocess()};
    const auto hash = run_hash(config_, data_, *model_.tokenizer);
    if (finished) {
      require_same_run(folder_, *finished, config_, hash);
      state_ = *finished;
    } else if (saved) {
      require_same_run(folder_, saved->state, config_, hash);
      load_checkpoint(*saved, checkpoint_tensors());
      state_ = saved->state;
      log_info("{}: continuing at step {} of {}", folder_.string(), state_.step,
               config_.train.steps);
    }
    note_missing_bfloat16(folder_.string() + ": train.bf16", config_.train.bf16);
    if (data_.validation.size() == 0) {
      log_warning(
          "{}: no pairs to validate on, so the last step will count as the best; mark some pairs "
          "split=val",
          config_.data.path);
    }
    state_.config_hash = hash;
    state_.train_pairs = data_.train.fingerprint();
    write_file(folder_ / "config.toml", resolved_toml(config_));  // not where it was refused
    log_.emplace(folder_, state_.events);
    diagnosis_.emplace(DiagnosisOptions{config_.train.warmup, config_.train.steps,
                                        config_.model.initial_scale, config_.model.max_scale},
                       state_.diagnosis);
  }

  TrainResult run() {
    const auto& options = config_.train;
    if (state_.step < options.steps) {
      remove_finished(folder_);
      loop();
    }
    save_finished(folder_, state_);
    TrainResult result;
    result.steps = state_.step;
    result.seconds = state_.seconds;
    result.samples_per_second =
        state_.seconds > 0 ? static_cast<double>(state_.step * options.batch) / state_.seconds : 0;
    result.loader_share = state_.seconds > 0 ? state_.seconds_waited / state_.seconds : 0;
    result.best_score = state_.best_score;
    result.best_step = state_.best_step;
    return result;
  }

 private:
  CheckpointTensors checkpoint_tensors() {
    return {learner_->all_weights(), learner_->optimizer().state(), learner_->average().values()};
  }

  void loop() {
    const auto& options = config_.train;
    const data::LoaderInputs inputs{data_.train, *model_.tokenizer, model_.preprocess,
                                    config_.augment, caches_};
    data::Loader loader(inputs, loader_options(config_), state_.step);
    Progress progress("train " + folder_.filename().string(), "steps",
                      static_cast<uint64_t>(options.steps), static_cast<uint64_t>(state_.step));
    double waited_before = 0;
    while (state_.step < options.steps) {
      const Stopwatch watch;
      auto batch = loader.next();
      auto signs = signs_of(batch);
      const auto means = one_step(batch, signs);
      signs.seconds = watch.seconds();
      signs.seconds_waited = loader.seconds_waited() - waited_before;
      waited_before = loader.seconds_waited();
      state_.seconds += signs.seconds;
      state_.seconds_waited += signs.seconds_waited;
      ++state_.step;
      progress.advance(1, fmt::format("loss {:.3f}  best r@1 {:.1f} %", means.at("loss"),
                                      100 * std::max(0.0, state_.best_score)));
      const bool last = state_.step == options.steps;
      if (state_.step % kLogEvery == 0 || last) log_->scalars(state_.step, state_.seconds, means);
      diagnose(signs);
      if (state_.step % options.evaluate_every == 0 || last) validate();
      const bool stop = interrupt_requested();
      if (state_.step % options.checkpoint_every == 0 || last || stop) checkpoint();
      if (stop && !last) {
        fail(ErrorCode::kInterrupted,
             "stopped at step {} of {}, saved in {}; the same command continues", state_.step,
             options.steps, folder_.string());
      }
    }
  }

  std::map<std::string, double> one_step(data::Batch& batch, StepSigns& signs) {
    std::function<void(const distill::LossInput&)> observer;
    if (diagnosis_->looks_at(signs.step, !caches_.empty())) {
      observer = [&](const distill::LossInput& input) { inspect(input, signs); };
    }
    auto means = learner_->backward(batch, state_.step, observer);
    const double norm = std::isfinite(means["loss"]) ? learner_->update(state_.step) : NAN;
    if (!std::isfinite(norm)) fail_not_finite(batch, means["loss"]);
    means["gradient_norm"] = norm;
    means["lr"] = learning_rate(config_.train, state_.step);
    means["logit_scale"] = model_.network->scale().item<double>();
    signs.logit_scale = means["logit_scale"];
    for (const auto& loss : config_.losses) {
      if (loss->name() != "ce" || loss->schedule.at(state_.step, config_.train.steps) <= 0)
        continue;
      signs.cross_entropy = means.at("ce");
    }
    return means;
  }

  void diagnose(const StepSigns& signs) {
    for (const auto& warning : diagnosis_->observe(signs)) {
      log_warning("{}, step {}: {}", folder_.string(), signs.step, warning.message);
      if (warning.of_clock) continue;  // the log of a run repeats
      log_->warning(signs.step, state_.seconds, warning.sign, warning.message);
    }
    state_.diagnosis = diagnosis_->state();
  }

  [[noreturn]] void fail_not_finite(const data::Batch& batch, double loss) const {
    std::vector<std::string> ids;
    for (size_t i = 0; i < std::min(kNamedSamples, batch.samples.size()); ++i) {
      ids.push_back(data_.train.record(batch.samples[i]).id);
    }
    fail(ErrorCode::kBadData,
         "{}: loss {} (or its gradient) is not finite at step {}; the batch begins with {}. Lower "
         "train.lr, or set train.clip_norm; the last checkpoint is whole",
         folder_.string(), loss, state_.step, fmt::join(ids, ", "));
  }

  void validate() {
    double score = 0;
    const UseAverage averaged(learner_->weights(), learner_->average().values());
    if (data_.validation.size() > 0) {
      const auto evaluation = evaluate(model_, data_.validation);
      model_.network->train();
      score = evaluation.metrics.at("mean/recall@1");
      std::map<std::string, double> values;
      for (const auto& [name, value] : evaluation.metrics) values["val/" + name] = value;
      log_->scalars(state_.step, state_.seconds, values);
    }
    if (score < state_.best_score) return;
    state_.best_score = score;
    state_.best_step = state_.step;
    save_model(folder_ / "best", model_, learner_->weights());
  }

  void checkpoint() {
    state_.events = log_->sizes();
    save_checkpoint(folder_ / "checkpoints", state_, checkpoint_tensors());
  }

  RunConfig& config_;
  const RunData& data_;
  fs::path folder_;
  std::optional<FolderLock> lock_;
  std::vector<data::TeacherCache> caches_;
  std::optional<Learner> learner_;
  Model model_;
  std::optional<EventLog> log_;
  std::optional<Diagnosis> diagnosis_;
  TrainState state_;
};

}  // namespace

std::string resolved_toml(RunConfig& config) {
  OptionSet set;
  declare_options(set, config);
  return set.to_toml();
}

RunConfig saved_config(const std::filesystem::path& folder) {
  RunConfig config;
  OptionSet set;
  declare_options(set, config);
  set.load_toml(folder / "config.toml");
  return config;
}

TrainResult train(RunConfig& config, const RunData& data,
                  std::shared_ptr<const text::Tokenizer> tokenizer,
                  const std::filesystem::path& folder) {
  return Trainer(config, data, std::move(tokenizer), folder).run();
}

}  // namespace clipstill::train
