#include "metrics/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace clipstill::metrics {
namespace {

Interval percentile(double value, std::vector<double> draws, double confidence) {
  if (draws.empty()) return {value, value, value};
  std::sort(draws.begin(), draws.end());
  const auto at = [&](double share) {  // linear interpolation between order statistics
    const double position = share * static_cast<double>(draws.size() - 1);
    const auto below = static_cast<size_t>(position);
    const size_t above = std::min(below + 1, draws.size() - 1);
    return draws[below] + (draws[above] - draws[below]) * (position - static_cast<double>(below));
  };
  return {value, at((1 - confidence) / 2), at((1 + confidence) / 2)};
}

// Sums of rows over resampled queries, for each resampled seed: the two-level draw.
// counts[q] is how often query q is drawn.
std::vector<int32_t> draw_counts(Rng& rng, size_t n) {
  std::vector<int32_t> counts(n, 0);
  for (size_t i = 0; i < n; ++i) ++counts[rng.below(n)];
  return counts;
}

double weighted_sum(std::span<const float> values, std::span<const int32_t> counts) {
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) sum += values[i] * static_cast<double>(counts[i]);
  return sum;
}

}  // namespace

Interval bootstrap(int64_t n, const std::function<double(std::span<const int64_t>)>& statistic,
                   uint64_t seed, int resamples, double confidence) {
  std::vector<int64_t> indices(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) indices[i] = i;
  const double value = statistic(indices);
  std::vector<double> draws;
  for (int r = 0; r < resamples && n > 0; ++r) {
    Rng rng{seed, static_cast<uint64_t>(r)};
    for (auto& index : indices) index = static_cast<int64_t>(rng.below(static_cast<uint64_t>(n)));
    draws.push_back(statistic(indices));
  }
  return percentile(value, std::move(draws), confidence);
}

Interval retention(const std::vector<std::vector<float>>& hits, std::span<const float> reference,
                   uint64_t seed, int resamples, double confidence) {
  const std::vector<int32_t> once(reference.size(), 1);
  const auto seeds = static_cast<double>(hits.size());
  double total = 0;
  for (const auto& run : hits) total += weighted_sum(run, once);
  const double value = total / seeds / weighted_sum(reference, once);
  std::vector<double> draws;
  for (int r = 0; r < resamples && !hits.empty() && !reference.empty(); ++r) {
    Rng rng{seed, static_cast<uint64_t>(r)};
    const auto counts = draw_counts(rng, reference.size());
    std::vector<double> sums;
    for (const auto& run : hits) sums.push_back(weighted_sum(run, counts));
    double sum = 0;
    for (size_t i = 0; i < sums.size(); ++i) sum += sums[rng.below(sums.size())];
    const double base = weighted_sum(reference, counts);
    if (base > 0) draws.push_back(sum / seeds / base);
  }
  return percentile(value, std::move(draws), confidence);
}

Interval paired_difference(const std::vector<std::vector<float>>& a,
                           const std::vector<std::vector<float>>& b, uint64_t seed, int resamples,
                           double confidence) {
  std::vector<std::vector<float>> differences;
  for (size_t s = 0; s < std::min(a.size(), b.size()); ++s) {
    auto& row = differences.emplace_back(a[s]);
    for (size_t q = 0; q < row.size(); ++q) row[q] -= b[s][q];
  }
  if (differences.empty() || differences.front().empty()) return {};
  // The mean difference is the "retention" against a reference of ones.
  const std::vector<float> ones(differences.front().size(), 1.0f);
  return retention(differences, ones, seed, resamples, confidence);
}

}  // namespace clipstill::metrics
