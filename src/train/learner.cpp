#include "train/learner.h"

#include <cmath>

#include "train/autocast.h"

namespace clipstill::train {

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

Learner::Learner(const RunConfig& config, nn::ClipModel network,
                 const std::vector<TeacherShape>& teachers)
    : config_(config),
      network_(std::move(network)),
      losses_(make_losses(config, teachers)),
      weights_(named_tensors(*network_)) {
  for (const auto& teacher : teachers) teacher_scales_.push_back(teacher.scale);
  network_->train();
  average_.emplace(weights_, config.train.ema);
  std::vector<std::pair<std::string, torch::Tensor>> parameters;
  for (const auto& item : network_->named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
  }
  for (auto& parameter : loss_parameters(losses_)) parameters.push_back(std::move(parameter));
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
  all.merge(loss_tensors(losses_));
  return all;
}

}  // namespace clipstill::train
