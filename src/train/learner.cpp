#include "train/learner.h"

#include <cmath>

#include "core/error.h"
#include "nn/seeded_generator.h"
#include "train/autocast.h"
#include "train/model_folder.h"

namespace clipstill::train {
namespace {

std::string prefix_of(const ActiveLoss& loss) {
  const auto name = "loss." + loss.spec->name() + ".";
  return loss.teacher == 0 ? name : fmt::format("{}teacher{}.", name, loss.teacher + 1);
}

std::vector<ActiveLoss> make_losses(const RunConfig& config,
                                    const std::vector<TeacherShape>& teachers) {
  const nn::SeededGenerator generator(static_cast<uint64_t>(config.train.seed) + 1);
  std::vector<ActiveLoss> losses;
  for (const auto& spec : config.losses) {
    if (!spec->active()) continue;
    if (!spec->needs_teacher()) {
      losses.push_back({spec.get(), spec->make({config.model.embed_dim})});
      continue;
    }
    for (size_t k = 0; k < teachers.size(); ++k) {
      losses.push_back({spec.get(), spec->make({config.model.embed_dim, teachers[k].dim}), k,
                        teachers[k].share});
    }
  }
  if (losses.empty()) {
    fail(ErrorCode::kUsage,
         "every loss has weight 0; give at least one a weight, as in loss.ce.weight=1");
  }
  return losses;
}

}  // namespace

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

Learner::Learner(const RunConfig& config, const text::Tokenizer& tokenizer,
                 const std::vector<TeacherShape>& teachers)
    : config_(config),
      network_(make_network(config.model, tokenizer, static_cast<uint64_t>(config.train.seed))),
      losses_(make_losses(config, teachers)),
      weights_(named_tensors(*network_)) {
  for (const auto& teacher : teachers) teacher_scales_.push_back(teacher.scale);
  network_->train();
  average_.emplace(weights_, config.train.ema);
  std::vector<std::pair<std::string, torch::Tensor>> parameters;
  const auto take = [&](const torch::nn::Module& module, const std::string& prefix) {
    for (const auto& item : module.named_parameters()) {
      parameters.emplace_back(prefix + item.key(), item.value());
    }
  };
  take(*network_, "");
  for (const auto& loss : losses_) take(*loss.module, prefix_of(loss));
  optimizer_.emplace(std::move(parameters), config.train);
}

std::map<std::string, double> Learner::backward(
    data::Batch& batch, int64_t step,
    const std::function<void(const distill::LossInput&)>& observer) {
  const auto& options = config_.train;
  optimizer_->zero_grad();
  return contrastive_step(network_, losses_, batch,
                          {options.micro_batch, runs_in_bfloat16(options.bf16), teacher_scales_,
                           step, options.steps, observer});
}

double Learner::update(int64_t step) {
  const double norm = optimizer_->step(step);
  if (!std::isfinite(norm)) return norm;
  network_->clamp_scale();
  for (const auto& loss : losses_) loss.module->after_step();
  average_->update(step);
  return norm;
}

NamedTensors Learner::all_weights() const {
  NamedTensors all = weights_;
  for (const auto& loss : losses_) all.merge(named_tensors(*loss.module, prefix_of(loss)));
  return all;
}

}  // namespace clipstill::train
