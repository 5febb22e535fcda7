// How long the work of a config will take on this machine, and what memory and disk it needs:
// told before any of it begins, from a few real steps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/compare.h"
#include "train/config.h"

namespace clipstill::train {

/// Stages of one name take the same; a comparison trains each variant once with each seed.
struct PlannedStage {
  std::string name;  // "soft labels", "train distilled", "test"
  std::string what;  // "7,111 images x 16 views, 3,777 texts"
  int64_t times = 1;
  double seconds = 0;        // each
  int64_t memory_bytes = 0;  // most at once, of the whole process
  int64_t disk_bytes = 0;    // each
};

struct Plan {
  std::vector<PlannedStage> stages;
  double seconds = 0;        // of all, those side by side counted once
  int64_t memory_bytes = 0;  // the most of any stage
  int64_t disk_bytes = 0;    // of all
};

/// What one run of `config` takes (`clipstill train`).
Plan plan_training(const RunConfig& config);

/// What a comparison takes, done parts counted anew (`clipstill compare`); soft labels that are
/// there are not counted.
Plan plan_comparison(RunConfig& base, const CompareOptions& options,
                     const std::vector<VariantSpec>& variants);

/// What there is to work with. 0 = no limit is known.
struct PlanLimits {
  double hours = 0;
  int64_t memory_bytes = 0, disk_bytes = 0;
};

/// One sentence for each limit that the plan exceeds: by how much, and which keys of the config
/// bring it within. Empty where it fits.
std::vector<std::string> advice(const Plan& plan, const RunConfig& config, int64_t jobs,
                                const PlanLimits& limits);

/// The same work within `hours`: train.steps and, where soft labels are still to be computed,
/// train.views, cut by one share, so that each view is seen as often. As overrides of the command
/// line; empty where the plan fits, hours is 0, or what is left of them without the test is too
/// little for one step.
std::vector<std::string> shortened(const Plan& plan, const RunConfig& config, double hours);

}  // namespace clipstill::train
