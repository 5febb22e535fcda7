// The accuracy of a bundle's encoders on pairs, and the gate that int8 has to pass.
#pragma once

#include <string>

#include "bundle/metrics_file.h"
#include "cli/context.h"
#include "data/run_data.h"
#include "evaluation/gate.h"
#include "runtime/runtime_options.h"

namespace clipstill::cli {

/// Recall and zero-shot accuracy of the encoders of one precision.
bundle::Metrics measure_bundle(const std::string& bundle, const runtime::RuntimeOptions& options,
                               const data::PairSet& set);

struct AccuracyOptions {
  data::DataOptions data;  // no path: accuracy is not measured
  std::string split = "test";
  double max_drop = -1;  // points; below 0: what the bundle was exported with
  bool record = false;
};

void declare_options(OptionSet& set, AccuracyOptions& options);

/// What was measured, beside what metrics.json says of libtorch.
struct AccuracyReport {
  bundle::MetricsFile file;  // of the bundle, with onnx_fp32 and onnx_int8
  double max_drop = 0;
  bool has_int8 = false;

  evaluation::Drop drop() const;
  Json to_json() const;
  std::string text() const;
  /// kAccuracyGate naming the layers that cost most if int8 loses more than allowed.
  void require_passed(const std::string& bundle) const;
};

/// Fills in, where the flags are silent, the data options that metrics.json keeps. kUsage if the
/// data are others than those that it tells about.
AccuracyReport measure_accuracy(const std::string& bundle, OptionSet& flags,
                                AccuracyOptions& options, const runtime::RuntimeOptions& runtime);

/// Puts the figures into the bundle's metrics.json and its model card; the bundle is replaced
/// whole.
void record_metrics(const std::string& bundle, const bundle::MetricsFile& file);

}  // namespace clipstill::cli
