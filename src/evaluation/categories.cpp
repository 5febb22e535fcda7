#include "evaluation/categories.h"

#include "evaluation/evaluate.h"

namespace clipstill::evaluation {
namespace {

std::vector<float> chosen(const std::vector<float>& hits, const std::vector<int64_t>& samples) {
  std::vector<float> values;
  for (const int64_t sample : samples) values.push_back(hits[sample]);
  return values;
}

double sum_of(const std::vector<float>& hits, const std::vector<int64_t>& samples) {
  double sum = 0;
  for (const int64_t sample : samples) sum += hits[sample];
  return sum;
}

}  // namespace

Categories::Categories(const data::PairSet& set) {
  for (int64_t sample = 0; sample < set.size(); ++sample) {
    samples_[set.record(sample).category].push_back(sample);
  }
  if (samples_.size() == 1 && samples_.begin()->first.empty()) samples_.clear();
  if (!samples_.empty()) best_ = best_hits(set);
}

std::map<std::string, int64_t> Categories::sizes() const {
  std::map<std::string, int64_t> sizes;
  for (const auto& [name, samples] : samples_) sizes[name] = std::ssize(samples);
  return sizes;
}

std::map<std::string, double> Categories::recall(const std::vector<float>& hits) const {
  std::map<std::string, double> recall;
  for (const auto& [name, samples] : samples_) {
    recall[name] = sum_of(hits, samples) / sum_of(best_, samples);
  }
  return recall;
}

std::map<std::string, metrics::Interval> Categories::retention(
    const std::vector<std::vector<float>>& hits, const std::vector<float>& reference,
    uint64_t seed) const {
  std::map<std::string, metrics::Interval> retention;
  for (const auto& [name, samples] : samples_) {
    std::vector<std::vector<float>> of_runs;
    for (const auto& run : hits) of_runs.push_back(chosen(run, samples));
    retention[name] = metrics::retention(of_runs, chosen(reference, samples), seed);
  }
  return retention;
}

}  // namespace clipstill::evaluation
