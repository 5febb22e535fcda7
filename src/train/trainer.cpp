#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include <fmt/ranges.h>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/progress.h"
#include "data/loader.h"
#include "nn/seeded_generator.h"
#include "train/average.h"
#include "train/checkpoint.h"
#include "train/contrastive_step.h"
#include "train/evaluate.h"
#include "train/optimizer.h"
#include "train/teacher.h"

namespace clipstill::train {
namespace {

constexpr int64_t kLogEvery = 20;  // steps
constexpr size_t kNamedSamples = 8;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Hash of what the result depends on: the options but for paths (contents are hashed) and those
// that change no number.
std::string run_hash(RunConfig& config, const RunData& data, const text::Tokenizer& tokenizer) {
  static const StringList kWithoutEffect{"data.path",      "tokenizer.path",
                                         "teacher.folder", "teacher.cache",
                                         "train.workers",  "train.checkpoint_every"};
  OptionSet set;
  declare_options(set, config);
  Hasher hasher;
  for (const auto& spec : set.specs()) {
    if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), spec->key) !=
        kWithoutEffect.end()) {
      continue;
    }
    hasher.update(spec->key).update(format_option(spec->default_value));
  }
  hasher.update(data.train.fingerprint()).update(data.validation.fingerprint());
  hasher.update(tokenizer.fingerprint());
  if (config.needs_teacher()) {
    for (const auto& [name, value] : cache_identity(config, data).fingerprints)
      hasher.update(value);
  }
  return hasher.hex();
}

data::LoaderOptions loader_options(const RunConfig& config) {
  data::LoaderOptions o;
  o.batch = config.train.batch;
  o.per_label = config.train.per_label;
  o.context = config.model.text.context;
  o.primary_text = config.train.primary_text;
  o.views = config.train.views;
  o.view_seed = static_cast<uint64_t>(config.train.view_seed);
  o.seed = static_cast<uint64_t>(config.train.seed);
  o.workers = config.train.workers;
  o.prefetch = 2 * config.train.workers + 2;
  return o;
}

class Trainer {
 public:
  Trainer(RunConfig& config, const RunData& data, std::shared_ptr<const text::Tokenizer> tokenizer,
          const fs::path& folder)
      : config_(config), data_(data), folder_(folder) {
    make_folders(folder_);
    if (config_.needs_teacher()) {
      cache_.emplace(config_.teacher.cache, cache_identity(config_, data_));
    }
    model_.network =
        make_network(config_.model, *tokenizer, static_cast<uint64_t>(config_.train.seed));
    model_.tokenizer = std::move(tokenizer);
    model_.preprocess = config_.preprocess();
    make_losses();
    live_ = named_tensors(*model_.network);
    average_.emplace(live_, config_.train.ema);
    optimizer_.emplace(parameters(), config_.train);
    const auto restored = load_checkpoint(folder_ / "checkpoints", hash(), checkpoint_tensors());
    if (restored) {
      state_ = *restored;
      log_info("{}: continuing at step {} of {}", folder_.string(), state_.step,
               config_.train.steps);
    }
    if (data_.validation.size() == 0) {
      log_warning(
          "{}: no pairs to validate on, so the last step will count as the best; mark some pairs "
          "split=val",
          config_.data.path);
    }
    state_.config_hash = hash();
    write_file(folder_ / "config.toml", resolved_toml(config_));  // not where it was refused
    log_.emplace(folder_, state_.events);
  }

  TrainResult run() {
    const auto& options = config_.train;
    if (state_.step < options.steps) loop();
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
  void make_losses() {
    const distill::LossContext context{config_.model.embed_dim, cache_ ? cache_->dim() : 0};
    const nn::SeededGenerator generator(static_cast<uint64_t>(config_.train.seed) + 1);
    for (const auto& spec : config_.losses) {
      if (spec->active()) losses_.push_back({spec.get(), spec->make(context)});
    }
    if (losses_.empty()) {
      fail(ErrorCode::kUsage,
           "every loss has weight 0; give at least one a weight, as in "
           "loss.ce.weight=1");
    }
  }

  std::vector<std::pair<std::string, torch::Tensor>> parameters() const {
    std::vector<std::pair<std::string, torch::Tensor>> all;
    for (const auto& item : model_.network->named_parameters()) {
      all.emplace_back(item.key(), item.value());
    }
    for (const auto& loss : losses_) {
      for (const auto& item : loss.module->named_parameters()) {
        all.emplace_back("loss." + loss.spec->name() + "." + item.key(), item.value());
      }
    }
    return all;
  }

  CheckpointTensors checkpoint_tensors() const {
    NamedTensors model = live_;
    for (const auto& loss : losses_) {
      model.merge(named_tensors(*loss.module, "loss." + loss.spec->name() + "."));
    }
    return {std::move(model), optimizer_->state(), average_->values()};
  }

  const std::string& hash() {
    if (hash_.empty()) hash_ = run_hash(config_, data_, *model_.tokenizer);
    return hash_;
  }

  void loop() {
    const auto& options = config_.train;
    const data::LoaderInputs inputs{data_.train, *model_.tokenizer, model_.preprocess,
                                    config_.augment, cache_ ? &*cache_ : nullptr};
    data::Loader loader(inputs, loader_options(config_), state_.step);
    Progress progress("train " + folder_.filename().string(), "steps",
                      static_cast<uint64_t>(options.steps), static_cast<uint64_t>(state_.step));
    model_.network->train();
    double waited_before = 0;
    while (state_.step < options.steps) {
      const auto start = std::chrono::steady_clock::now();
      auto batch = loader.next();
      const auto means = one_step(batch);
      state_.seconds += seconds_since(start);
      state_.seconds_waited += loader.seconds_waited() - waited_before;
      waited_before = loader.seconds_waited();
      ++state_.step;
      progress.advance(1, fmt::format("loss {:.3f}  best r@1 {:.1f} %", means.at("loss"),
                                      100 * std::max(0.0, state_.best_score)));
      const bool last = state_.step == options.steps;
      if (state_.step % kLogEvery == 0 || last) log_->scalars(state_.step, state_.seconds, means);
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

  std::map<std::string, double> one_step(data::Batch& batch) {
    const auto& options = config_.train;
    optimizer_->zero_grad();
    auto means = contrastive_step(model_.network, losses_, batch,
                                  {options.micro_batch, options.bf16, cache_ ? cache_->scale() : 0,
                                   state_.step, options.steps});
    const double norm = std::isfinite(means["loss"]) ? optimizer_->step(state_.step) : NAN;
    if (!std::isfinite(norm)) fail_not_finite(batch, means["loss"]);
    average_->update(state_.step);
    means["gradient_norm"] = norm;
    means["lr"] = learning_rate(options, state_.step);
    means["logit_scale"] = model_.network->scale().item<double>();
    return means;
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
    const UseAverage averaged(live_, average_->values());
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
    save_model(folder_ / "best", model_, live_);
  }

  void checkpoint() {
    state_.events = log_->sizes();
    save_checkpoint(folder_ / "checkpoints", state_, checkpoint_tensors());
  }

  RunConfig& config_;
  const RunData& data_;
  fs::path folder_;
  std::optional<data::TeacherCache> cache_;
  Model model_;
  std::vector<ActiveLoss> losses_;
  NamedTensors live_;
  std::optional<WeightAverage> average_;
  std::optional<AdamW> optimizer_;
  std::optional<EventLog> log_;
  TrainState state_;
  std::string hash_;
};

}  // namespace

std::string resolved_toml(RunConfig& config) {
  OptionSet set;
  declare_options(set, config);
  return set.to_toml();
}

TrainResult train(RunConfig& config, const RunData& data,
                  std::shared_ptr<const text::Tokenizer> tokenizer,
                  const std::filesystem::path& folder) {
  return Trainer(config, data, std::move(tokenizer), folder).run();
}

}  // namespace clipstill::train
