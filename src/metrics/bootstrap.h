// Percentile bootstrap intervals (Efron 1979), deterministic by seed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace clipstill::metrics {

struct Interval {
  double value = 0, low = 0, high = 0;  // point estimate and bounds
};

/// Interval of statistic(indices) where indices resample [0, n) with replacement.
Interval bootstrap(int64_t n, const std::function<double(std::span<const int64_t>)>& statistic,
                   uint64_t seed, int resamples = 1000, double confidence = 0.95);

/// Hierarchical, for several training seeds evaluated on the same queries: resample seeds, then
/// queries (the same draw for every seed). hits[s][q] is 1 where seed s answered query q right,
/// reference[q] the same for the teacher; the statistic is mean(hits) / mean(reference).
Interval retention(const std::vector<std::vector<float>>& hits, std::span<const float> reference,
                   uint64_t seed, int resamples = 2000, double confidence = 0.95);

/// Paired difference mean(a) - mean(b), in the same hierarchy; a[s] and b[s] share seed s.
Interval paired_difference(const std::vector<std::vector<float>>& a,
                           const std::vector<std::vector<float>>& b, uint64_t seed,
                           int resamples = 2000, double confidence = 0.95);

}  // namespace clipstill::metrics
