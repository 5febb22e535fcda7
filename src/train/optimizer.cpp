#include "train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/adamw_update.h"

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
    TORCH_INTERNAL_ASSERT(parameter.is_cpu() && parameter.is_contiguous() &&
                          parameter.scalar_type() == torch::kFloat);
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
  AdamWUpdate by;
  by.shrink = static_cast<float>(shrink);
  by.beta1 = static_cast<float>(options_.beta1);
  by.beta2 = static_cast<float>(options_.beta2);
  by.rate = static_cast<float>(lr / (1 - std::pow(options_.beta1, count)));
  by.correct2 = static_cast<float>(std::sqrt(1 - std::pow(options_.beta2, count)));
  by.epsilon = static_cast<float>(options_.epsilon);
  for (auto& slot : slots_) {
    if (!slot.parameter.grad().defined()) continue;
    by.keep = static_cast<float>(1 - lr * slot.decay);
    const auto gradient = slot.parameter.grad().contiguous();
    update(by, gradient.data_ptr<float>(), gradient.numel(), slot.parameter.data_ptr<float>(),
           slot.m.data_ptr<float>(), slot.v.data_ptr<float>());
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
