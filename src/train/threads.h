// How many threads libtorch's kernels use.
#pragma once

#include <cstdint>

namespace clipstill::train {

/// Sets the threads of the calling thread's kernels, and of OpenBLAS for the whole process;
/// 0 = available_threads(). To be called before the first tensor is made.
void set_threads(int64_t threads);

/// While it lives, OpenBLAS computes on the thread that asks it to, in the whole process: threads
/// that ask it at the same time would otherwise wait for one another. One at a time.
class SingleThreadedBlas {
 public:
  SingleThreadedBlas();
  ~SingleThreadedBlas();
  SingleThreadedBlas(const SingleThreadedBlas&) = delete;
  SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;

 private:
  int before_;
};

}  // namespace clipstill::train
