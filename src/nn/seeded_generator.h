// libtorch's initialisers draw from one generator of the process. While this lives, that generator
// starts at `seed` and belongs to this thread, so that initial weights depend on the seed alone
// even where several models are made at the same time.
#pragma once

#include <torch/torch.h>

#include <mutex>

namespace clipstill::nn {

class SeededGenerator {
 public:
  explicit SeededGenerator(uint64_t seed) : lock_(mutex()) { torch::manual_seed(seed); }

 private:
  static std::mutex& mutex() {
    static std::mutex shared;
    return shared;
  }
  std::lock_guard<std::mutex> lock_;
};

}  // namespace clipstill::nn
