// How many threads libtorch's kernels use.
#pragma once

#include <cstdint>

namespace clipstill::train {

/// Sets the threads of the calling thread's kernels, and of OpenBLAS for the whole process;
/// 0 = available_threads(). To be called before the first tensor is made.
void set_threads(int64_t threads);

}  // namespace clipstill::train
