#include "train/threads.h"

#include <dlfcn.h>
#include <torch/torch.h>

#include "core/parallel.h"

namespace clipstill::train {

void set_threads(int64_t threads) {
  const int count = threads > 0 ? static_cast<int>(threads) : available_threads();
  torch::set_num_threads(count);
  // OpenBLAS's pthread build has a pool of its own, which libtorch does not know: left at one
  // thread per core beside libtorch's, it halves the speed of a small model in fp32. A libtorch
  // with another BLAS has no such function.
  using SetThreads = void (*)(int);
  if (void* symbol = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<SetThreads>(symbol)(count);
  }
}

}  // namespace clipstill::train
