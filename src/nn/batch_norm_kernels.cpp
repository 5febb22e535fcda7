#include "nn/batch_norm_kernels.h"

#include <type_traits>

#include "nn/vectors.h"

namespace clipstill::nn {
namespace {

using c10::BFloat16;

// body(lanes, c) for the channels from c on, as many as a value of the type of `lanes` holds: whole
// vectors, whose scales and sums stay in registers over all rows, and of what is left one at a
// time.
template <typename Body>
CLIPSTILL_INLINE void for_channels(int64_t channels, const Body& body) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(std::type_identity<Floats>(), c);
  for (; c < channels; ++c) body(std::type_identity<float>(), c);
}

template <typename V, typename T>
CLIPSTILL_INLINE void add_moments_of(const T* x, const float* pivot, int64_t rows, int64_t stride,
                                     float* sum, float* square) {
  V middle, total, squares, value;
  load(pivot, middle), load(sum, total), load(square, squares);
  for (int64_t r = 0; r < rows; ++r, x += stride) {
    load(x, value);
    const V d = value - middle;
    total += d;
    squares += d * d;
  }
  store(total, sum), store(squares, square);
}

template <typename V, bool residual, bool relu, typename T>
CLIPSTILL_INLINE void scale_shift_of(const T* x, const T* added, const float* scale,
                                     const float* shift, int64_t rows, int64_t stride, T* y) {
  V factor, offset, value, more;
  load(scale, factor), load(shift, offset);
  for (int64_t r = 0; r < rows; ++r, x += stride, y += stride) {
    load(x, value);
    value = value * factor + offset;
    if constexpr (residual) {
      load(added, more);
      value += more;
      added += stride;
    }
    // Not std::max(0, value), which would make 0 of NaN.
    if constexpr (relu) value = value < 0 ? V{} : value;
    store(value, y);
  }
}

template <typename V, bool masked, bool kept, typename T>
CLIPSTILL_INLINE void add_gradients_of(const T* dy, const T* x, const T* y, const float* mean,
                                       int64_t rows, int64_t stride, float* sum, float* by_x,
                                       T* g) {
  V middle, total, products, gradient, value, result;
  load(mean, middle), load(sum, total), load(by_x, products);
  for (int64_t r = 0; r < rows; ++r, dy += stride, x += stride) {
    load(dy, gradient), load(x, value);
    if constexpr (masked) {
      load(y, result);
      gradient = result > 0 ? gradient : V{};
      y += stride;
    }
    total += gradient;
    products += gradient * (value - middle);
    if constexpr (kept) {
      store(gradient, g);
      g += stride;
    }
  }
  store(total, sum), store(products, by_x);
}

template <typename V, bool masked, typename T>
CLIPSTILL_INLINE void combine_gradients_of(const T* dy, const T* x, const T* y, const float* on_g,
                                           const float* on_x, const float* constant, int64_t rows,
                                           int64_t stride, T* dx) {
  V by_g, by_x, offset, gradient, value, result;
  load(on_g, by_g), load(on_x, by_x), load(constant, offset);
  for (int64_t r = 0; r < rows; ++r, dy += stride, x += stride, dx += stride) {
    load(dy, gradient), load(x, value);
    if constexpr (masked) {
      load(y, result);
      gradient = result > 0 ? gradient : V{};
      y += stride;
    }
    store(V(by_g * gradient + by_x * value + offset), dx);
  }
}

// body(a, b) with both as constants of the compiler.
template <typename Body>
CLIPSTILL_INLINE void with_flags(bool a, bool b, const Body& body) {
  if (a && b) {
    body(std::true_type(), std::true_type());
  } else if (a) {
    body(std::true_type(), std::false_type());
  } else if (b) {
    body(std::false_type(), std::true_type());
  } else {
    body(std::false_type(), std::false_type());
  }
}

template <typename T>
CLIPSTILL_INLINE T* at(T* p, int64_t c) {
  return p ? p + c : nullptr;
}

#define CLIPSTILL_INLINE_LAMBDA __attribute__((always_inline))

template <typename T>
CLIPSTILL_INLINE void add_moments_to(const T* x, const float* pivot, int64_t rows, int64_t channels,
                                     float* sum, float* square) {
  for_channels(channels, [&]<typename V>(std::type_identity<V>, int64_t c) CLIPSTILL_INLINE_LAMBDA {
    add_moments_of<V>(x + c, pivot + c, rows, channels, sum + c, square + c);
  });
}

template <typename T>
CLIPSTILL_INLINE void scale_shift_to(const T* x, const T* residual, const float* scale,
                                     const float* shift, bool relu, int64_t rows, int64_t channels,
                                     T* y) {
  with_flags(residual, relu, [&]<typename R, typename A>(R, A) CLIPSTILL_INLINE_LAMBDA {
    for_channels(channels,
                 [&]<typename V>(std::type_identity<V>, int64_t c) CLIPSTILL_INLINE_LAMBDA {
                   scale_shift_of<V, R::value, A::value>(x + c, at(residual, c), scale + c,
                                                         shift + c, rows, channels, y + c);
                 });
  });
}

template <typename T>
CLIPSTILL_INLINE void add_gradients_to(const T* dy, const T* x, const T* y, const float* mean,
                                       int64_t rows, int64_t channels, float* sum, float* by_x,
                                       T* g) {
  with_flags(y, g, [&]<typename M, typename K>(M, K) CLIPSTILL_INLINE_LAMBDA {
    for_channels(channels,
                 [&]<typename V>(std::type_identity<V>, int64_t c) CLIPSTILL_INLINE_LAMBDA {
                   add_gradients_of<V, M::value, K::value>(dy + c, x + c, at(y, c), mean + c, rows,
                                                           channels, sum + c, by_x + c, at(g, c));
                 });
  });
}

template <typename T>
CLIPSTILL_INLINE void combine_gradients_to(const T* dy, const T* x, const T* y, const float* on_g,
                                           const float* on_x, const float* constant, int64_t rows,
                                           int64_t channels, T* dx) {
  with_flags(y, false, [&]<typename M, typename N>(M, N) CLIPSTILL_INLINE_LAMBDA {
    for_channels(channels,
                 [&]<typename V>(std::type_identity<V>, int64_t c) CLIPSTILL_INLINE_LAMBDA {
                   combine_gradients_of<V, M::value>(dy + c, x + c, at(y, c), on_g + c, on_x + c,
                                                     constant + c, rows, channels, dx + c);
                 });
  });
}

}  // namespace

// Versions for several instruction sets cannot be templates.
#define CLIPSTILL_BATCH_NORM_KERNELS(T)                                                          \
  CLIPSTILL_WIDEST_VECTORS void add_moments(const T* x, const float* pivot, int64_t rows,        \
                                            int64_t channels, float* sum, float* square) {       \
    add_moments_to(x, pivot, rows, channels, sum, square);                                       \
  }                                                                                              \
  CLIPSTILL_WIDEST_VECTORS void scale_shift(const T* x, const T* residual, const float* scale,   \
                                            const float* shift, bool relu, int64_t rows,         \
                                            int64_t channels, T* y) {                            \
    scale_shift_to(x, residual, scale, shift, relu, rows, channels, y);                          \
  }                                                                                              \
  CLIPSTILL_WIDEST_VECTORS void add_gradients(const T* dy, const T* x, const T* y,               \
                                              const float* mean, int64_t rows, int64_t channels, \
                                              float* sum, float* by_x, T* g) {                   \
    add_gradients_to(dy, x, y, mean, rows, channels, sum, by_x, g);                              \
  }                                                                                              \
  CLIPSTILL_WIDEST_VECTORS void combine_gradients(                                               \
      const T* dy, const T* x, const T* y, const float* on_g, const float* on_x,                 \
      const float* constant, int64_t rows, int64_t channels, T* dx) {                            \
    combine_gradients_to(dy, x, y, on_g, on_x, constant, rows, channels, dx);                    \
  }

CLIPSTILL_BATCH_NORM_KERNELS(float)
CLIPSTILL_BATCH_NORM_KERNELS(BFloat16)

}  // namespace clipstill::nn
