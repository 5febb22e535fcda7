// The ranges of a graph's values on real inputs.
//
// - minmax: all that was seen.
// - percentile: without the outermost share at either end.
// - entropy: the clipping that loses least information (Migacz, "8-bit inference with TensorRT",
//   GTC 2017): least Kullback-Leibler divergence of the values in int8 steps from the values.
#pragma once

#include <string>
#include <vector>

#include "core/options.h"
#include "exporter/evaluator.h"
#include "exporter/histogram.h"
#include "exporter/quantizer.h"

namespace clipstill::exporter {

struct CalibrationOptions {
  std::string method = "minmax";
  double percentile = 99.99;  // of the values that stay inside, for that method
  int64_t samples = 256;      // images, and texts, that are looked at
};

void declare_options(OptionSet& set, const std::string& prefix, CalibrationOptions& options);

/// Ranges of quantized_values(). The inputs hold no padding, whose values nobody reads. kBadData if
/// there are none, or naming a value that is not finite.
Ranges calibrate(const Graph& graph, const std::vector<Tensors>& batches,
                 const CalibrationOptions& options);

}  // namespace clipstill::exporter
