// What the tests look at in a run's folder.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/files.h"

namespace clipstill::e2e {

/// Relative path -> content of all files below `folder`, without what a killed AtomicFile left.
std::map<std::string, std::string> files_below(const fs::path& folder);

/// The lines of log.jsonl without their seconds.
std::vector<nlohmann::json> log_of(const fs::path& run);

/// Steps of the finished checkpoints, ascending.
std::vector<int64_t> checkpoint_steps(const fs::path& run);
fs::path checkpoint_folder(const fs::path& run, int64_t step);

/// EXPECTs the final weights, optimiser state, weight average, best model and log to be equal.
void expect_same_run(const fs::path& run, const fs::path& reference, int64_t steps);

/// Cuts a file to half its size.
void truncate_file(const fs::path& path);
/// Changes one byte in the middle of a file.
void damage_file(const fs::path& path);

}  // namespace clipstill::e2e
