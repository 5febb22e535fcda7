// Exponential moving average of weights and batch-norm statistics.
#pragma once

#include "train/tensors.h"

namespace clipstill::train {

class WeightAverage {
 public:
  /// Starts at the current values. decay 0 keeps a plain copy.
  WeightAverage(NamedTensors live, double decay);
  /// average = d average + (1 - d) live; early steps use min(decay, (1 + step) / (10 + step)) so
  /// that the random initial weights fade.
  void update(int64_t step);
  const NamedTensors& values() const { return average_; }

 private:
  NamedTensors live_, average_;
  double decay_;
};

/// Puts the average into the network while it lives, and the trained weights back afterwards.
class UseAverage {
 public:
  UseAverage(const NamedTensors& live, const NamedTensors& average);
  ~UseAverage();
  UseAverage(const UseAverage&) = delete;
  UseAverage& operator=(const UseAverage&) = delete;

 private:
  const NamedTensors& live_;
  NamedTensors saved_;
};

}  // namespace clipstill::train
