#include "train/tune.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/progress.h"
#include "data/loader.h"
#include "train/checkpoint.h"
#include "train/contrastive_step.h"
#include "train/learner.h"
#include "train/optimizer.h"

namespace clipstill::train {
namespace {

// Their projections and scales as the run left them.
void load_losses(const std::vector<ActiveLoss>& losses, const Model& model, const fs::path& run) {
  auto tensors = loss_tensors(losses);
  if (tensors.empty()) return;
  const auto checkpoint = newest_checkpoint(run / "checkpoints");
  if (!checkpoint) {
    fail(ErrorCode::kMissingFile,
         "{}: no checkpoint, which holds the learnable parts of the run's losses ({}, …); to train "
         "on, they are needed",
         run.string(), tensors.begin()->first);
  }
  for (const auto& [name, value] : named_tensors(*model.network)) {  // which are in the file too
    tensors[name] = torch::empty_like(value);
  }
  const torch::NoGradGuard no_grad;
  load_tensors(checkpoint->folder / "model.safetensors", tensors);
}

LoopOptions constant_rate(LoopOptions options, double lr) {
  options.lr = options.min_lr = lr;
  options.warmup = 0;
  options.weight_decay = 0;
  return options;
}

}  // namespace

Tuner::Tuner(const RunConfig& config, const RunData& data, const Model& model,
             const fs::path& folder)
    : config_(config),
      data_(data),
      model_(model),
      folder_(folder),
      labels_(open_caches(config, data)),
      losses_(make_losses(config, labels_.shapes)) {
  load_losses(losses_, model, folder);
}

void Tuner::run(const TunedStudent& student, const TuneOptions& options) {
  auto weights = student.weights;
  for (auto& parameter : loss_parameters(losses_)) weights.push_back(std::move(parameter));
  AdamW optimizer(std::move(weights), constant_rate(config_.train, options.lr));
  const StepStudent trained{student.encoders, model_.network->scale().detach(),
                            model_.network->options().image.size};
  const int64_t end = config_.train.steps;
  StepOptions step_options{config_.train.micro_batch,
                           /*bf16=*/false,
                           {},
                           /*step=*/end,
                           /*steps=*/end};
  for (const auto& teacher : labels_.shapes) step_options.teacher_scales.push_back(teacher.scale);

  auto order = loader_options(config_);
  order.seed = ~order.seed;  // that of no run
  data::Loader loader(
      {data_.train, *model_.tokenizer, model_.preprocess, config_.augment, labels_.caches}, order,
      /*first_step=*/0);
  Progress progress("tune " + folder_.filename().string(), "steps",
                    static_cast<uint64_t>(options.steps));
  for (int64_t step = 0; step < options.steps; ++step) {
    auto batch = loader.next();
    optimizer.zero_grad();
    const double loss = contrastive_step(trained, losses_, batch, step_options).at("loss");
    if (!std::isfinite(loss) || !std::isfinite(optimizer.step(step))) {
      fail(ErrorCode::kBadData,
           "{}: loss {} (or its gradient) is not finite at step {} of the tuning; lower its "
           "learning "
           "rate, {}",
           folder_.string(), loss, step, options.lr);
    }
    for (const auto& active : losses_) active.module->after_step();
    progress.advance(1, fmt::format("loss {:.3f}", loss));
  }
}

}  // namespace clipstill::train
