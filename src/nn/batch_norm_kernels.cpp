#include "nn/batch_norm_kernels.h"

#include <bit>

// The widest vectors that the machine has, chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define CLIPSTILL_WIDEST_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLIPSTILL_WIDEST_VECTORS
#endif
#define CLIPSTILL_INLINE __attribute__((always_inline)) inline

namespace clipstill::nn {
namespace {

using c10::BFloat16;

CLIPSTILL_INLINE float load(float x) {
  return x;
}

CLIPSTILL_INLINE float load(BFloat16 x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x.x) << 16);
}

CLIPSTILL_INLINE void store(float& to, float x) {
  to = x;
}

// To the nearest, ties to even; NaN stays NaN, because its lowest mantissa bit that is kept is set.
CLIPSTILL_INLINE void store(BFloat16& to, float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const uint32_t nan = bits >> 16 | 0x40;
  to.x = static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

template <typename T>
CLIPSTILL_INLINE void add_moments_of(const T* __restrict x, const float* __restrict pivot,
                                     int64_t rows, int64_t channels, float* __restrict sum,
                                     float* __restrict square) {
  for (int64_t r = 0; r < rows; ++r, x += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float d = load(x[c]) - pivot[c];
      sum[c] += d;
      square[c] += d * d;
    }
  }
}

template <bool residual, bool relu, typename T>
CLIPSTILL_INLINE void scale_shift_of(const T* __restrict x, const T* __restrict added,
                                     const float* __restrict scale, const float* __restrict shift,
                                     int64_t rows, int64_t channels, T* __restrict y) {
  for (int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      float value = load(x[c]) * scale[c] + shift[c];
      if constexpr (residual) value += load(added[c]);
      // Not std::max(0, value), which would make 0 of NaN.
      if constexpr (relu) value = value < 0 ? 0 : value;
      store(y[c], value);
    }
    if constexpr (residual) added += channels;
  }
}

template <typename T>
CLIPSTILL_INLINE void scale_shift_of(const T* x, const T* residual, const float* scale,
                                     const float* shift, bool relu, int64_t rows, int64_t channels,
                                     T* y) {
  if (residual && relu) {
    scale_shift_of<true, true>(x, residual, scale, shift, rows, channels, y);
  } else if (residual) {
    scale_shift_of<true, false>(x, residual, scale, shift, rows, channels, y);
  } else if (relu) {
    scale_shift_of<false, true>(x, residual, scale, shift, rows, channels, y);
  } else {
    scale_shift_of<false, false>(x, residual, scale, shift, rows, channels, y);
  }
}

template <bool masked, bool kept, typename T>
CLIPSTILL_INLINE void add_gradients_of(const T* __restrict dy, const T* __restrict x,
                                       const T* __restrict y, const float* __restrict mean,
                                       int64_t rows, int64_t channels, float* __restrict sum,
                                       float* __restrict by_x, T* __restrict g) {
  for (int64_t r = 0; r < rows; ++r, dy += channels, x += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      float gradient = load(dy[c]);
      if constexpr (masked) gradient = load(y[c]) > 0 ? gradient : 0;
      sum[c] += gradient;
      by_x[c] += gradient * (load(x[c]) - mean[c]);
      if constexpr (kept) store(g[c], gradient);
    }
    if constexpr (masked) y += channels;
    if constexpr (kept) g += channels;
  }
}

template <typename T>
CLIPSTILL_INLINE void add_gradients_of(const T* dy, const T* x, const T* y, const float* mean,
                                       int64_t rows, int64_t channels, float* sum, float* by_x,
                                       T* g) {
  if (y && g) {
    add_gradients_of<true, true>(dy, x, y, mean, rows, channels, sum, by_x, g);
  } else if (y) {
    add_gradients_of<true, false>(dy, x, y, mean, rows, channels, sum, by_x, g);
  } else if (g) {
    add_gradients_of<false, true>(dy, x, y, mean, rows, channels, sum, by_x, g);
  } else {
    add_gradients_of<false, false>(dy, x, y, mean, rows, channels, sum, by_x, g);
  }
}

template <bool masked, typename T>
CLIPSTILL_INLINE void combine_gradients_of(const T* __restrict dy, const T* __restrict x,
                                           const T* __restrict y, const float* __restrict on_g,
                                           const float* __restrict on_x,
                                           const float* __restrict constant, int64_t rows,
                                           int64_t channels, T* __restrict dx) {
  for (int64_t r = 0; r < rows; ++r, dy += channels, x += channels, dx += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      float gradient = load(dy[c]);
      if constexpr (masked) gradient = load(y[c]) > 0 ? gradient : 0;
      store(dx[c], on_g[c] * gradient + on_x[c] * load(x[c]) + constant[c]);
    }
    if constexpr (masked) y += channels;
  }
}

template <typename T>
CLIPSTILL_INLINE void combine_gradients_of(const T* dy, const T* x, const T* y, const float* on_g,
                                           const float* on_x, const float* constant, int64_t rows,
                                           int64_t channels, T* dx) {
  if (y) {
    combine_gradients_of<true>(dy, x, y, on_g, on_x, constant, rows, channels, dx);
  } else {
    combine_gradients_of<false>(dy, x, y, on_g, on_x, constant, rows, channels, dx);
  }
}

}  // namespace

// Versions for several instruction sets cannot be templates.
#define CLIPSTILL_BATCH_NORM_KERNELS(T)                                                          \
  CLIPSTILL_WIDEST_VECTORS void add_moments(const T* x, const float* pivot, int64_t rows,        \
                                            int64_t channels, float* sum, float* square) {       \
    add_moments_of(x, pivot, rows, channels, sum, square);                                       \
  }                                                                                              \
  CLIPSTILL_WIDEST_VECTORS void scale_shift(const T* x, const T* residual, const float* scale,   \
                                            const float* shift, bool relu, int64_t rows,         \
                                            int64_t channels, T* y) {                            \
    scale_shift_of(x, residual, scale, shift, relu, rows, channels, y);                          \
  }                                                                                              \
  CLIPSTILL_WIDEST_VECTORS void add_gradients(const T* dy, const T* x, const T* y,               \
                                              const float* mean, int64_t rows, int64_t channels, \
                                              float* sum, float* by_x, T* g) {                   \
    add_gradients_of(dy, x, y, mean, rows, channels, sum, by_x, g);                              \
  }                                                                                              \
  CLIPSTILL_WIDEST_VECTORS void combine_gradients(                                               \
      const T* dy, const T* x, const T* y, const float* on_g, const float* on_x,                 \
      const float* constant, int64_t rows, int64_t channels, T* dx) {                            \
    combine_gradients_of(dy, x, y, on_g, on_x, constant, rows, channels, dx);                    \
  }

CLIPSTILL_BATCH_NORM_KERNELS(float)
CLIPSTILL_BATCH_NORM_KERNELS(BFloat16)

}  // namespace clipstill::nn
