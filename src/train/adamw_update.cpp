#include "train/adamw_update.h"

#include <cmath>

namespace clipstill::train {

void update(const AdamWUpdate& by, const float* __restrict gradient, int64_t count,
            float* __restrict parameter, float* __restrict m, float* __restrict v) {
  const AdamWUpdate c = by;  // a copy, which no store can reach
  for (int64_t i = 0; i < count; ++i) {
    const float g = c.shrink * gradient[i];
    m[i] = c.beta1 * m[i] + (1 - c.beta1) * g;
    v[i] = c.beta2 * v[i] + (1 - c.beta2) * g * g;
    parameter[i] =
        c.keep * parameter[i] - c.rate * m[i] / (std::sqrt(v[i]) / c.correct2 + c.epsilon);
  }
}

}  // namespace clipstill::train
