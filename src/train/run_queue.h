// Trainings of a comparison or a sweep, several at a time.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "train/config.h"
#include "train/run_data.h"

namespace clipstill::train {

struct QueuedRun {
  std::string name;  // "distilled seed 1", for messages
  std::filesystem::path folder;
  std::unique_ptr<RunConfig> config;
};

/// kUsage, naming `key`, unless there is a seed at least and all are different whole numbers.
void require_seeds(const char* key, const std::vector<double>& seeds);

/// `out`/NAME-seedN.
std::filesystem::path run_folder(const std::filesystem::path& out, const std::string& name,
                                 double seed);

/// The threads of each of `jobs` runs side by side that share `threads` (0 = all there are).
int64_t threads_of_each(int64_t threads, int64_t jobs);

/// kUsage where any of the folders holds another run (require_same_run()): before hours of
/// training, not after.
void require_same_runs(const std::vector<QueuedRun>& runs, const RunData& data,
                       const text::Tokenizer& tokenizer);

/// Calls work(i) for each of the runs, `jobs` at a time, in their order. libtorch has
/// threads_of_each() while it works and `threads` again after. A run that fails does not end the
/// others: it is told at once, and returned by its index as current_error(). kInterrupted ends the
/// queue when what runs beside it has ended.
std::map<size_t, Error> work_through(const std::vector<QueuedRun>& runs, int64_t jobs,
                                     int64_t threads, const std::function<void(size_t i)>& work);

/// Where any of the `runs` failed: an error with the code of the first, naming all.
void require_none_failed(const std::vector<std::pair<std::string, ErrorCode>>& failed, size_t runs);

/// The same of `entries`, each with a name, its finished `runs` and the `failed` ones.
template <class Entries>
void require_all_finished(const Entries& entries) {
  std::vector<std::pair<std::string, ErrorCode>> failed;
  size_t runs = 0;
  for (const auto& entry : entries) {
    runs += entry.runs.size() + entry.failed.size();
    for (const auto& run : entry.failed) {
      failed.emplace_back(fmt::format("{} seed {}", entry.name, run.seed), run.code);
    }
  }
  require_none_failed(failed, runs);
}

}  // namespace clipstill::train
