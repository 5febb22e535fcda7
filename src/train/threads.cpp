#include "train/threads.h"

#include <dlfcn.h>
#include <torch/torch.h>

#include "core/parallel.h"

namespace clipstill::train {
namespace {

// OpenBLAS's pthread build has a pool of its own, which libtorch does not know. A libtorch with
// another BLAS has no such functions.
void set_openblas_threads(int count) {
  using SetThreads = void (*)(int);
  if (void* symbol = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<SetThreads>(symbol)(count);
  }
}

int openblas_threads() {
  using GetThreads = int (*)();
  void* symbol = ::dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
  return symbol == nullptr ? 1 : reinterpret_cast<GetThreads>(symbol)();
}

}  // namespace

void set_threads(int64_t threads) {
  const int count = threads > 0 ? static_cast<int>(threads) : available_threads();
  torch::set_num_threads(count);
  // Left at one thread per core beside libtorch's, it halves the speed of a small model in fp32.
  set_openblas_threads(count);
}

SingleThreadedBlas::SingleThreadedBlas() : before_(openblas_threads()) {
  set_openblas_threads(1);
}

SingleThreadedBlas::~SingleThreadedBlas() {
  set_openblas_threads(before_);
}

}  // namespace clipstill::train
