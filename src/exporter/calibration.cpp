#include "exporter/calibration.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"

namespace clipstill::exporter {
namespace {

// Calls `see` with each of the values in each batch.
void observe(const Evaluator& evaluator, const std::set<Value>& values,
             const std::vector<Tensors>& batches, const Evaluator::Observer& see) {
  for (const auto& batch : batches) {
    for (const auto& [name, tensor] : batch) {
      if (values.contains(name)) see(name, tensor);
    }
    evaluator.run(batch, [&](const Value& name, const torch::Tensor& tensor) {
      if (values.contains(name)) see(name, tensor);
    });
  }
}

}  // namespace

void declare_options(OptionSet& set, const std::string& prefix, CalibrationOptions& o) {
  set.add(prefix + ".method", o.method, "how ranges are taken from what is seen")
      .choices({"minmax", "percentile", "entropy"});
  set.add(prefix + ".percentile", o.percentile,
          "% of the values that stay inside, for the method percentile")
      .range(50, 100);
  set.add(prefix + ".samples", o.samples, "images, and texts, of the training split to look at")
      .range(1, 1 << 20);
}

Ranges calibrate(const Graph& graph, const std::vector<Tensors>& batches,
                 const CalibrationOptions& options) {
  if (batches.empty()) {
    fail(ErrorCode::kBadData, "{}: there is nothing to calibrate it with", graph.name);
  }
  const Evaluator evaluator(graph);
  const auto names = quantized_values(graph);
  const std::set<Value> values(names.begin(), names.end());
  Ranges ranges;
  observe(evaluator, values, batches, [&](const Value& name, const torch::Tensor& tensor) {
    const float low = tensor.min().item<float>(), high = tensor.max().item<float>();
    if (!std::isfinite(low) || !std::isfinite(high)) {
      fail(ErrorCode::kBadData, "{}: \"{}\" is not finite on the calibration data", graph.name,
           name);
    }
    const auto [at, is_new] = ranges.try_emplace(name, Range{low, high});
    if (!is_new) at->second = {std::min(at->second.low, low), std::max(at->second.high, high)};
  });
  if (options.method == "minmax") return ranges;

  std::map<Value, Histogram> histograms;
  for (const auto& [name, range] : ranges) histograms.emplace(name, range);
  observe(evaluator, values, batches,
          [&](const Value& name, const torch::Tensor& tensor) { histograms.at(name).add(tensor); });
  for (auto& [name, range] : ranges) {
    const auto& histogram = histograms.at(name);
    range = options.method == "percentile" ? histogram.percentile(options.percentile)
                                           : histogram.least_divergence();
  }
  return ranges;
}

}  // namespace clipstill::exporter
