#include "nn/transformer_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/vectors.h"

namespace clipstill::nn {
namespace {

constexpr int64_t kRows = 6;  // queries whose sums stay in registers, on AVX2 too
constexpr float kInfinity = std::numeric_limits<float>::infinity();

int64_t padded(int64_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

// e^x to 2 ulp; 0 below -87.3, and of more than 88 what e^88 is. NaN stays NaN. With x = n ln 2 +
// r, |r| <= ln 2 / 2, it is 2^n e^r; the polynomial and the parts of ln 2 are those of Cephes'
// expf.
CLIPSTILL_INLINE void exponential(Floats& x) {
  constexpr float kLeast = -87.3f, kMost = 88.0f;
  constexpr float kRounds = 12582912.0f;  // 1.5 x 2^23: the sum's last bits are a whole number
  const auto vanishes = x < kLeast;
  x = x > kMost ? Floats{} + kMost : x;
  const Floats sum = x * 1.44269504f + kRounds;
  const Floats n = sum - kRounds;
  const Floats r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Floats y = r * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  Words power, bits;
  std::memcpy(&power, &sum, sizeof power);
  std::memcpy(&bits, &y, sizeof bits);
  bits += power << 23;  // the bits of kRounds are shifted out
  std::memcpy(&y, &bits, sizeof y);
  x = vanishes ? Floats{} : y;
}

// to[j] = from[j] for j < count in panels of kLanes columns, [columns / kLanes, depth, kLanes]: one
// row of the matrix that is `depth` deep. What stands beyond the columns is left alone.
CLIPSTILL_INLINE void to_panels(const float* from, int64_t count, int64_t depth, int64_t row,
                                float* panels) {
  for (int64_t j = 0; j < count; ++j) {
    panels[(j / kLanes * depth + row) * kLanes + j % kLanes] = from[j];
  }
}

// c[r][j] = sum over t of a[r][t] b[t][j], b in panels; `columns` is a multiple of kLanes.
CLIPSTILL_INLINE void multiply(const float* const* a, const float* panels, int64_t depth,
                               int64_t columns, float* c) {
  for (int64_t first = 0; first < columns; first += kLanes, panels += depth * kLanes) {
    Floats sum[kRows] = {};
    for (int64_t t = 0; t < depth; ++t) {
      Floats row;
      load(panels + t * kLanes, row);
#pragma GCC unroll 6
      for (int64_t r = 0; r < kRows; ++r) sum[r] += a[r][t] * row;
    }
#pragma GCC unroll 6
    for (int64_t r = 0; r < kRows; ++r) store(sum[r], c + r * columns + first);
  }
}

// x[j] = e^(x[j] - max x) for j < length, 0 up to `columns`; returns their sum.
CLIPSTILL_INLINE float exponentials(float* x, int64_t length, int64_t columns) {
  std::fill(x + length, x + columns, -kInfinity);
  Floats most, value, total{};
  load(x, most);
  for (int64_t j = kLanes; j < columns; j += kLanes) {
    load(x + j, value);
    most = value > most ? value : most;
  }
  const float top = *std::max_element(reinterpret_cast<const float*>(&most),
                                      reinterpret_cast<const float*>(&most) + kLanes);
  for (int64_t j = 0; j < columns; j += kLanes) {
    load(x + j, value);
    value -= top;
    exponential(value);
    store(value, x + j);
    total += value;
  }
  float sum = 0;
  for (int64_t lane = 0; lane < kLanes; ++lane) sum += total[lane];
  return sum;
}

}  // namespace

int64_t attention_scratch(int64_t length, int64_t width) {
  const int64_t columns = padded(length), wide = padded(width);
  return columns * width + length * wide + kRows * (columns + wide);
}

CLIPSTILL_WIDEST_VECTORS void attend_head(const AttentionHead& head, float* scratch) {
  const int64_t length = head.length, width = head.width;
  const int64_t columns = padded(length), wide = padded(width);
  float* const keys = scratch;                    // [columns / kLanes, width, kLanes]
  float* const values = keys + columns * width;   // [wide / kLanes, length, kLanes]
  float* const scores = values + length * wide;   // [kRows, columns]
  float* const mixed = scores + kRows * columns;  // [kRows, wide]
  std::fill(scratch, scratch + attention_scratch(length, width), 0.0f);
  const float scale = 1 / std::sqrt(static_cast<float>(width));
  for (int64_t j = 0; j < length; ++j) {
    const float* key = head.k + j * head.kv_stride;
    float* column = keys + j / kLanes * width * kLanes + j % kLanes;
    for (int64_t t = 0; t < width; ++t) column[t * kLanes] = scale * key[t];
    to_panels(head.v + j * head.kv_stride, width, length, j, values);
  }
  for (int64_t first = 0; first < head.queries; first += kRows) {
    // Rows beyond the last are computed like it, and not kept.
    const int64_t rows = std::min(kRows, head.queries - first);
    const float *query[kRows], *weights[kRows];
    for (int64_t r = 0; r < kRows; ++r) {
      query[r] = head.q + (first + std::min(r, rows - 1)) * head.q_stride;
      weights[r] = scores + r * columns;
    }
    multiply(query, keys, width, columns, scores);
    float share[kRows];
    for (int64_t r = 0; r < rows; ++r) {
      float* row = scores + r * columns;
      if (head.bias != nullptr) {
        const float* bias = head.bias + (first + r) * head.bias_stride;
        for (int64_t j = 0; j < length; ++j) row[j] += bias[j];
      }
      share[r] = 1 / exponentials(row, length, columns);
    }
    multiply(weights, values, length, wide, mixed);
    for (int64_t r = 0; r < rows; ++r) {
      float* out = head.out + (first + r) * head.out_stride;
      for (int64_t t = 0; t < width; ++t) out[t] = share[r] * mixed[r * wide + t];
    }
  }
}

CLIPSTILL_WIDEST_VECTORS void sigmoid_gelu(float* x, int64_t count, float linear, float cubic) {
  const auto activate = [=](Floats & v) __attribute__((always_inline)) {
    Floats e = -v * (linear + cubic * v * v);
    exponential(e);
    v /= 1.0f + e;
  };
  Floats value;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    load(x + i, value);
    activate(value);
    store(value, x + i);
  }
  if (i == count) return;
  value = Floats{};
  std::memcpy(&value, x + i, static_cast<size_t>(count - i) * sizeof(float));
  activate(value);
  std::memcpy(x + i, &value, static_cast<size_t>(count - i) * sizeof(float));
}

}  // namespace clipstill::nn
