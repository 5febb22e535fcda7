// What the model card, README.md of a bundle, says of its metrics.json: written with the bundle,
// and anew when something is measured later.
#pragma once

#include <cstdint>
#include <string>

#include "bundle/metrics_file.h"

namespace clipstill::bundle {

/// The section "Accuracy": recall@1 and zero-shot accuracy of each form that was measured.
std::string accuracy_section(const MetricsFile& metrics);

/// The card with this section, in place of an older one or before the section "Encoders" (at the
/// end, where there is neither), and with the `bytes` of metrics.json in its table of files.
std::string with_metrics(std::string card, const MetricsFile& metrics, uint64_t bytes);

}  // namespace clipstill::bundle
