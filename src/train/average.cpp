#include "train/average.h"

#include <algorithm>

namespace clipstill::train {
namespace {

NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors copy;
  for (const auto& [name, tensor] : tensors) copy[name] = tensor.detach().clone();
  return copy;
}

void assign(const NamedTensors& to, const NamedTensors& from) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : to) tensor.copy_(from.at(name));
}

}  // namespace

WeightAverage::WeightAverage(NamedTensors live, double decay)
    : live_(std::move(live)), average_(copy_of(live_)), decay_(decay) {}

void WeightAverage::update(int64_t step) {
  const torch::NoGradGuard no_grad;
  const auto count = static_cast<double>(step);
  const double decay = std::min(decay_, (1 + count) / (10 + count));
  for (const auto& [name, average] : average_) average.lerp_(live_.at(name), 1 - decay);
}

UseAverage::UseAverage(const NamedTensors& live, const NamedTensors& average)
    : live_(live), saved_(copy_of(live)) {
  assign(live_, average);
}

UseAverage::~UseAverage() {
  assign(live_, saved_);
}

}  // namespace clipstill::train
