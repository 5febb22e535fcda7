#include "train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace clipstill::train {

double learning_rate(const LoopOptions& o, int64_t step) {
  if (step < o.warmup) return o.lr * static_cast<double>(step + 1) / static_cast<double>(o.warmup);
  const double span = std::max<double>(1, static_cast<double>(o.steps - o.warmup));
  const double progress = std::min(1.0, static_cast<double>(step - o.warmup) / span);
  return o.min_lr + (o.lr - o.min_lr) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

AdamW::AdamW(std::vector<std::pair<std::string, torch::Tensor>> parameters,
             const LoopOptions& options)
    : options_(options) {
  for (auto& [name, parameter] : parameters) {
    slots_.push_back({name, parameter, torch::zeros_like(parameter), torch::zeros_like(parameter),
                      parameter.dim() >= 2 ? options.weight_decay : 0.0});
  }
}

double AdamW::step(int64_t step) {
  const torch::NoGradGuard no_grad;
  double square_sum = 0;
  for (const auto& slot : slots_) {
    const auto& gradient = slot.parameter.grad();
    if (gradient.defined()) square_sum += gradient.square().sum().item<double>();
  }
  const double norm = std::sqrt(square_sum);
  const double shrink = options_.clip_norm > 0 && norm > options_.clip_norm
                            ? options_.clip_norm / (norm + 1e-6)
                            : 1.0;
  const double lr = learning_rate(options_, step);
  const double count = static_cast<double>(step + 1);
  const double correct1 = 1 - std::pow(options_.beta1, count);
  const double correct2 = 1 - std::pow(options_.beta2, count);
  for (auto& slot : slots_) {
    if (!slot.parameter.grad().defined()) continue;
    const auto gradient = slot.parameter.grad() * shrink;
    slot.m.mul_(options_.beta1).add_(gradient, 1 - options_.beta1);
    slot.v.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
    if (slot.decay > 0) slot.parameter.mul_(1 - lr * slot.decay);
    const auto denominator = slot.v.sqrt().div_(std::sqrt(correct2)).add_(options_.epsilon);
    slot.parameter.addcdiv_(slot.m, denominator, -lr / correct1);
  }
  return norm;
}

void AdamW::zero_grad() {
  for (auto& slot : slots_) slot.parameter.mutable_grad() = torch::Tensor();
}

std::map<std::string, torch::Tensor> AdamW::state() const {
  std::map<std::string, torch::Tensor> state;
  for (const auto& slot : slots_) {
    state[slot.name + ".m"] = slot.m;
    state[slot.name + ".v"] = slot.v;
  }
  return state;
}

}  // namespace clipstill::train
