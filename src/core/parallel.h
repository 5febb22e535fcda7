// parallel_for over worker threads.
#pragma once

#include <cstddef>
#include <functional>

namespace clipstill {

/// Threads that work may use: the CPU affinity of the process, at least 1.
int available_threads();

/// Calls body(i) for i in [0, n) on up to `threads` threads (0 = available_threads()) and
/// waits for all. The first exception thrown by a body is rethrown here after the others
/// have stopped taking new work. Which thread runs which i is not defined; results must not
/// depend on it.
void parallel_for(size_t n, const std::function<void(size_t)>& body, int threads = 0);

}  // namespace clipstill
