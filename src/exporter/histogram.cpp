#include "exporter/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace clipstill::exporter {
namespace {

constexpr int64_t kSteps = 256;      // of int8
constexpr int64_t kCandidates = 64;  // thresholds that are tried

}  // namespace

void Histogram::add(const torch::Tensor& values) {
  const auto flat = values.to(torch::kFloat).contiguous();
  const double width = (static_cast<double>(range_.high) - range_.low) / kBins;
  if (!(width > 0)) {
    counts_[0] += flat.numel();
    return;
  }
  for (const float value : std::span(flat.data_ptr<float>(), static_cast<size_t>(flat.numel()))) {
    const auto bin = static_cast<int64_t>((static_cast<double>(value) - range_.low) / width);
    ++counts_[static_cast<size_t>(std::clamp<int64_t>(bin, 0, kBins - 1))];
    zeros_ += value == 0 ? 1 : 0;
  }
}

float Histogram::edge(int64_t bin) const {
  const double share = static_cast<double>(bin) / kBins;
  return static_cast<float>(range_.low + share * (static_cast<double>(range_.high) - range_.low));
}

Range Histogram::percentile(double percentile) const {
  const auto total =
      static_cast<double>(std::accumulate(counts_.begin(), counts_.end(), int64_t{0}));
  const double outside = total * (100.0 - percentile) / 200.0;
  int64_t low = 0, high = kBins;
  double below = 0, above = 0;
  while (low < kBins - 1 &&
         below + static_cast<double>(counts_[static_cast<size_t>(low)]) <= outside) {
    below += static_cast<double>(counts_[static_cast<size_t>(low++)]);
  }
  while (high > low + 1 &&
         above + static_cast<double>(counts_[static_cast<size_t>(high - 1)]) <= outside) {
    above += static_cast<double>(counts_[static_cast<size_t>(--high)]);
  }
  return {edge(low), edge(high)};
}

Range Histogram::least_divergence() const {
  if (range_.high <= range_.low) return range_;
  const float reach = std::max(-range_.low, range_.high);
  const auto bin_of = [&](float value) {
    const double share =
        (static_cast<double>(value) - range_.low) / (static_cast<double>(range_.high) - range_.low);
    return std::clamp<int64_t>(std::llround(share * kBins), 0, kBins);
  };
  auto counts = counts_;
  if (zeros_ > 0) {  // in the bin where add() put them
    const double width = (static_cast<double>(range_.high) - range_.low) / kBins;
    const auto bin = static_cast<int64_t>((0.0 - range_.low) / width);
    counts[static_cast<size_t>(std::clamp<int64_t>(bin, 0, kBins - 1))] -= zeros_;
  }
  Range best = range_;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t i = kCandidates; i >= kCandidates / 8; --i) {  // from all to an eighth of the reach
    const float threshold = reach * static_cast<float>(i) / kCandidates;
    const int64_t begin = bin_of(std::max(range_.low, -threshold));
    const int64_t end = bin_of(std::min(range_.high, threshold));
    if (end - begin < kSteps) break;  // every bin would have a step of its own
    const double divergence = clipping_divergence(counts, begin, end, kSteps);
    if (divergence >= least) continue;
    least = divergence;
    best = {edge(begin), edge(end)};
  }
  return best;
}

double clipping_divergence(std::span<const int64_t> counts, int64_t begin, int64_t end,
                           int64_t steps) {
  const auto at = [&](int64_t bin) {
    return static_cast<double>(counts[static_cast<size_t>(bin)]);
  };
  const auto bins = end - begin;
  std::vector<double> wanted(static_cast<size_t>(bins)), kept(static_cast<size_t>(bins), 0.0);
  for (int64_t i = 0; i < bins; ++i) wanted[static_cast<size_t>(i)] = at(begin + i);
  for (int64_t i = 0; i < begin; ++i) wanted.front() += at(i);
  for (int64_t i = end; i < static_cast<int64_t>(counts.size()); ++i) wanted.back() += at(i);

  for (int64_t step = 0; step < steps; ++step) {
    const int64_t first = step * bins / steps, last = (step + 1) * bins / steps;
    double mass = 0;
    int64_t filled = 0;
    for (int64_t i = first; i < last; ++i) {
      mass += at(begin + i);  // without what was clipped: that is what clipping loses
      filled += wanted[static_cast<size_t>(i)] > 0 ? 1 : 0;
    }
    for (int64_t i = first; i < last; ++i) {
      if (wanted[static_cast<size_t>(i)] > 0) {
        kept[static_cast<size_t>(i)] = mass / static_cast<double>(filled);
      }
    }
  }
  const double all = std::accumulate(wanted.begin(), wanted.end(), 0.0);
  const double rest = std::accumulate(kept.begin(), kept.end(), 0.0);
  double divergence = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] <= 0) continue;
    const double p = wanted[i] / all;
    // A bin that holds nothing but what was clipped has no share in `kept`; a tiny one stands for
    // it, so that the divergence stays finite.
    const double q = std::max(kept[i] / std::max(rest, 1.0), 1e-12);
    divergence += p * std::log(p / q);
  }
  return divergence;
}

}  // namespace clipstill::exporter
