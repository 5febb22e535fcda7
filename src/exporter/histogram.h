// How often values fall where, and the part of it that int8 should cover.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "exporter/quantization.h"

namespace clipstill::exporter {

class Histogram {
 public:
  static constexpr int64_t kBins = 2048;

  /// Bins of equal width over `range`, which holds every value that is added.
  explicit Histogram(const Range& range) : range_(range), counts_(kBins, 0) {}

  void add(const torch::Tensor& values);

  /// Leaves out (100 - percentile) / 2 % of the values at either end.
  Range percentile(double percentile) const;
  /// Least divergence, both ends moving inwards by the same distance from 0. Zeros, which int8
  /// keeps exactly, are left out: a Relu makes half of all values zero.
  Range least_divergence() const;

  std::span<const int64_t> counts() const { return counts_; }

 private:
  float edge(int64_t bin) const;  // lower edge

  Range range_;
  std::vector<int64_t> counts_;
  int64_t zeros_ = 0;
};

/// Kullback-Leibler divergence of `counts` from what `steps` equal steps over [begin, end) keep of
/// them. What lies outside counts at the outermost bins; a step spreads its mass over its bins that
/// are not empty.
double clipping_divergence(std::span<const int64_t> counts, int64_t begin, int64_t end,
                           int64_t steps);

}  // namespace clipstill::exporter
