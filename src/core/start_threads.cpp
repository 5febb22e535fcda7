#include "core/start_threads.h"

#include <condition_variable>
#include <mutex>
#include <system_error>

#include "core/error.h"

namespace clipstill {

std::vector<std::jthread> start_threads(size_t count,
                                        const std::function<void(const std::stop_token&)>& body) {
  std::vector<std::jthread> threads;
  threads.reserve(count);
  try {
    while (threads.size() < count) threads.emplace_back(body);
  } catch (const std::system_error& error) {
    fail(ErrorCode::kResource,
         "cannot start thread {} of {}: {}; use fewer threads, or raise the limit of processes or "
         "of memory",
         threads.size() + 1, count, error.code().message());
  }
  return threads;
}

void require_threads(size_t count) {
  std::mutex mutex;
  std::condition_variable_any never;
  start_threads(count, [&](const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
  });
}

}  // namespace clipstill
