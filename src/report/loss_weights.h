// Which losses the variants were trained with, and with what weights.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/report.h"

namespace clipstill::report {

/// The weight of one loss in the runs of a variant.
struct SharedWeight {
  std::string name;
  std::optional<LossWeight> weight;  // nothing: the runs differ
};

/// Names of the losses that any run uses, in the order in which the runs list them.
std::vector<std::string> losses_in_use(const std::vector<Variant>& variants);

/// Of each of `names`; empty where there is no run, or one whose losses are not known.
std::vector<SharedWeight> shared_weights(const Variant& variant,
                                         const std::vector<std::string>& names);

/// The weight of the loss `name` in a run; 0 where the run does not list it.
LossWeight weight_in(const RunResult& run, const std::string& name);

}  // namespace clipstill::report
