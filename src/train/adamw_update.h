// The loop of AdamW over one tensor, which libtorch's operators would read and write eight times.
#pragma once

#include <cstdint>

namespace clipstill::train {

struct AdamWUpdate {
  float shrink = 1;  // factor of the gradient, from clipping
  float beta1 = 0, beta2 = 0;
  float keep = 1;      // 1 - learning rate x weight decay
  float rate = 0;      // learning rate / (1 - beta1^t)
  float correct2 = 1;  // sqrt(1 - beta2^t)
  float epsilon = 0;
};

/// Moves `parameter` and its moments `m`, `v`, all of `count` values, by one step:
///   g = shrink gradient, m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
///   parameter = keep parameter - rate m / (sqrt(v) / correct2 + epsilon)
void update(const AdamWUpdate& by, const float* gradient, int64_t count, float* parameter, float* m,
            float* v);

}  // namespace clipstill::train
