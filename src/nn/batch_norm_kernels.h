// The loops of batch normalisation over matrices [rows, channels], in fp32 whatever the matrices
// hold. Each instruction set may round differently, as libtorch's own kernels do.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace clipstill::nn {

/// Rows that are summed in fp32 before their sums are added in fp64.
constexpr int64_t kBlockRows = 256;

// Every function exists for float and for c10::BFloat16.
#define CLIPSTILL_BATCH_NORM_KERNELS(T)                                                            \
  /* sum[c] += x - pivot, square[c] += (x - pivot)^2 */                                            \
  void add_moments(const T* x, const float* pivot, int64_t rows, int64_t channels, float* sum,     \
                   float* square);                                                                 \
  /* y = x scale + shift (+ residual where given), and max(y, 0) with relu */                      \
  void scale_shift(const T* x, const T* residual, const float* scale, const float* shift,          \
                   bool relu, int64_t rows, int64_t channels, T* y);                               \
  /* g = dy where y is not given or y > 0, else 0; sum[c] += g, by_x[c] += g (x - mean); g is      \
     written where given */                                                                        \
  void add_gradients(const T* dy, const T* x, const T* y, const float* mean, int64_t rows,         \
                     int64_t channels, float* sum, float* by_x, T* g);                             \
  /* dx = on_g g + on_x x + constant, with g as above */                                           \
  void combine_gradients(const T* dy, const T* x, const T* y, const float* on_g,                   \
                         const float* on_x, const float* constant, int64_t rows, int64_t channels, \
                         T* dx);

CLIPSTILL_BATCH_NORM_KERNELS(float)
CLIPSTILL_BATCH_NORM_KERNELS(c10::BFloat16)
#undef CLIPSTILL_BATCH_NORM_KERNELS

}  // namespace clipstill::nn
