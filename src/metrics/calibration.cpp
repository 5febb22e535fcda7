#include "metrics/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "metrics/scores.h"

namespace clipstill::metrics {
namespace {

constexpr int kBins = 15;
constexpr double kTolerance = 1e-3;  // of log T

/// What the probabilities of one image say.
struct Outcome {
  double nll = 0, confidence = 0;
  bool is_right = false;
  bool counts = false;  // whether a class has its label
};

Outcome outcome_of(std::span<const float> scores, std::span<const int64_t> labels, int64_t label,
                   double scale) {
  const auto own = std::find(labels.begin(), labels.end(), label);
  if (own == labels.end()) return {};
  const float own_score = scores[static_cast<size_t>(own - labels.begin())];
  const float largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;       // of exp(logit - largest logit): no overflow, at least 1
  int64_t as_high = 0;  // !(<): a NaN counts against the model
  for (const float score : scores) {
    sum += std::exp(scale * (static_cast<double>(score) - largest));
    as_high += !(score < own_score);
  }
  return {.nll = std::log(sum) - scale * (static_cast<double>(own_score) - largest),
          .confidence = 1 / sum,
          .is_right = as_high == 1,
          .counts = true};
}

// In the order of the images, so that sums over them do not depend on the threads.
std::vector<Outcome> outcomes(const Classification& data, double scale, int threads) {
  std::vector<Outcome> all(static_cast<size_t>(data.images.rows));
  for_each_query(data.images, data.classes, threads,
                 [&](int64_t image, std::span<const float> scores) {
                   all[image] = outcome_of(scores, data.class_labels, data.labels[image], scale);
                 });
  std::erase_if(all, [](const Outcome& one) { return !one.counts; });
  return all;
}

double mean_nll(const std::vector<Outcome>& outcomes) {
  double sum = 0;
  for (const Outcome& one : outcomes) sum += one.nll;
  return sum / static_cast<double>(outcomes.size());
}

double expected_error(const std::vector<Outcome>& outcomes) {
  std::array<double, kBins> excess{};  // right ones less confidence, summed over the bin
  for (const Outcome& one : outcomes) {
    // (0, 1/15], (1/15, 2/15], …
    const double above = std::ceil(one.confidence * kBins) - 1;
    const size_t bin = above > 0 ? static_cast<size_t>(std::min(above, kBins - 1.0)) : 0;
    excess[bin] += (one.is_right ? 1 : 0) - one.confidence;
  }
  double sum = 0;
  for (const double bin : excess) sum += std::abs(bin);
  return sum / static_cast<double>(outcomes.size());
}

}  // namespace

Calibration calibration(const Classification& data, double scale, int threads) {
  const auto all = outcomes(data, scale, threads);
  if (all.empty()) return {};
  return {
      .nll = mean_nll(all), .ece = expected_error(all), .images = static_cast<int64_t>(all.size())};
}

double fit_temperature(const Classification& data, double scale, int threads) {
  const auto& classes = data.class_labels;
  if (std::none_of(data.labels.begin(), data.labels.end(), [&](int64_t label) {
        return std::find(classes.begin(), classes.end(), label) != classes.end();
      })) {
    return 1;
  }
  const auto nll_at = [&](double log_t) {
    return mean_nll(outcomes(data, scale / std::exp(log_t), threads));
  };
  // Golden section: the NLL is convex in 1 / T, so it has one valley in log T.
  constexpr double kShare = 1 / std::numbers::phi;
  double low = std::log(kMinTemperature), high = std::log(kMaxTemperature);
  double left = high - kShare * (high - low), right = low + kShare * (high - low);
  double at_left = nll_at(left), at_right = nll_at(right);
  while (high - low > kTolerance) {
    if (at_left <= at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - kShare * (high - low);
      at_left = nll_at(left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + kShare * (high - low);
      at_right = nll_at(right);
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace clipstill::metrics
