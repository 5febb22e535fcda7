#include "train/run_queue.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "core/current_error.h"
#include "core/log.h"
#include "core/parallel.h"
#include "train/run_identity.h"
#include "train/threads.h"

namespace clipstill::train {

void require_seeds(const char* key, const std::vector<double>& seeds) {
  if (seeds.empty()) fail(ErrorCode::kUsage, "{} is empty; give at least one", key);
  std::set<double> seen;
  for (const double seed : seeds) {
    if (seed != std::floor(seed)) {
      fail(ErrorCode::kUsage, "{}: expected whole numbers, found {}", key, seed);
    }
    if (!seen.insert(seed).second) {
      fail(ErrorCode::kUsage, "{}: found {} twice; each seed is trained with once", key, seed);
    }
  }
}

std::filesystem::path run_folder(const std::filesystem::path& out, const std::string& name,
                                 double seed) {
  return out / fmt::format("{}-seed{}", name, static_cast<int64_t>(seed));
}

int64_t threads_of_each(int64_t threads, int64_t jobs) {
  return std::max<int64_t>(1, (threads > 0 ? threads : available_threads()) / jobs);
}

void require_same_runs(const std::vector<QueuedRun>& runs, const RunData& data,
                       const text::Tokenizer& tokenizer) {
  for (const auto& run : runs) require_same_run(run.folder, *run.config, data, tokenizer);
}

std::map<size_t, Error> work_through(const std::vector<QueuedRun>& runs, int64_t jobs,
                                     int64_t threads, const std::function<void(size_t i)>& work) {
  std::map<size_t, Error> failed;
  std::mutex mutex;
  const int64_t each = threads_of_each(threads, jobs);
  parallel_for(
      runs.size(),
      [&](size_t i) {
        set_threads(each);  // of this thread
        try {
          work(i);
        } catch (...) {
          const auto error = current_error();
          const bool stopped = error.code() == ErrorCode::kInterrupted;
          // The others may take long.
          if (!stopped || jobs > 1) log_warning("{}: {}", runs[i].name, error.what());
          if (stopped) throw;
          const std::lock_guard lock(mutex);
          failed.emplace(i, error);
        }
      },
      static_cast<int>(jobs));
  set_threads(threads);
  return failed;
}

void require_none_failed(const std::vector<std::pair<std::string, ErrorCode>>& failed,
                         size_t runs) {
  if (failed.empty()) return;
  StringList names;
  for (const auto& [name, code] : failed) names.push_back(name);
  fail(failed.front().second,
       "{} of {} runs failed and are in no number: {}. Why is told above and in the report; the "
       "same command tries them again",
       names.size(), runs, fmt::join(names, ", "));
}

}  // namespace clipstill::train
