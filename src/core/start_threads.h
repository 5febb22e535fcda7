// Threads that can fail to start: a container or a small machine has room for so many.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

namespace clipstill {

/// Runs body(stop) on `count` new threads. kResource if one of them cannot be started; those before
/// it have then been asked to stop, and have ended.
std::vector<std::jthread> start_threads(size_t count,
                                        const std::function<void(const std::stop_token&)>& body);

/// Tries whether `count` threads can run beside this one, for libraries that end the process or
/// hang where they cannot start theirs. kResource if not.
void require_threads(size_t count);

}  // namespace clipstill
