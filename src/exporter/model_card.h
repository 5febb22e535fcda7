// The README.md of a bundle: what the model is and how to use it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "bundle/metrics_file.h"
#include "nn/clip_model.h"

namespace clipstill::exporter {

/// `files`: bytes of the bundle's files by name. `metrics` may be null.
std::string model_card(const nn::ClipModel& model, const std::map<std::string, uint64_t>& files,
                       const bundle::MetricsFile* metrics);

}  // namespace clipstill::exporter
