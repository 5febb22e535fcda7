// The order of training: a pure function of (seed, step), so that resuming needs the step alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clipstill::data {

class Sampler {
 public:
  /// `labels[i]` is the label of sample i. Every epoch visits each sample at most once, in
  /// batches of `batch`; the remainder of an epoch is dropped (and reshuffled into the next).
  /// `per_label` > 1 keeps up to so many samples of one label together in a batch.
  Sampler(std::span<const int64_t> labels, int64_t batch, int64_t per_label, uint64_t seed);

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t epoch(int64_t step) const { return step / steps_per_epoch_; }
  /// Samples of a step, [batch]. Not thread-safe (it keeps the order of the current epoch).
  std::vector<int64_t> batch(int64_t step);

 private:
  void shuffle(int64_t epoch);

  std::vector<std::vector<int64_t>> by_label_;
  int64_t batch_, per_label_;
  uint64_t seed_;
  int64_t steps_per_epoch_ = 0;
  int64_t shuffled_epoch_ = -1;
  std::vector<int64_t> order_;
};

}  // namespace clipstill::data
