#include "image/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "core/error.h"

// Integer arithmetic gives the same bits with every instruction set, so the widest one that the
// machine has may be chosen when the program starts. The thread sanitizer is not ready by then, yet
// looks at the function that chooses.
#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_THREAD__)
#define CLIPSTILL_WIDEST_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define CLIPSTILL_WIDEST_VECTORS
#endif

namespace clipstill::image {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;  // fixed-point bits of a weight
constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

double bilinear(double x) {
  return std::max(0.0, 1.0 - std::abs(x));
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) {
  return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
}

struct Kernel {
  double (*weight)(double);
  double support;
};

Kernel kernel_of(Filter filter) {
  switch (filter) {
    case Filter::kBilinear:
      return {bilinear, 1.0};
    case Filter::kBicubic:
      return {bicubic, 2.0};
    case Filter::kLanczos:
      return {lanczos, 3.0};
    case Filter::kNearest:
      break;
  }
  fail(ErrorCode::kInternal, "nearest has no kernel");
}

int32_t to_fixed(double weight) {
  return static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kPrecisionBits));
}

uint8_t clip8(int32_t value) {
  return static_cast<uint8_t>(std::clamp(value >> kPrecisionBits, 0, 255));
}

using Lanes = int32_t __attribute__((vector_size(16)));  // one pixel of up to four channels

// Reads four values at every pixel, whatever it has of channels: the row ends in kRowPadding more.
constexpr int kRowPadding = 3;

CLIPSTILL_WIDEST_VECTORS
void widen(const uint8_t* in, int count, int32_t* out) {
  for (int x = 0; x < count; ++x) out[x] = in[x];
}

CLIPSTILL_WIDEST_VECTORS
void resample_row(const int32_t* in, const Coefficients& columns, int channels, uint8_t* out) {
  const int32_t* weights = columns.weights.data();
  for (int x = 0; x < columns.outputs(); ++x, weights += columns.taps) {
    const int32_t* from = in + static_cast<size_t>(columns.first[x]) * channels;
    Lanes sum = {kHalf, kHalf, kHalf, kHalf};
    for (int i = 0; i < columns.count[x]; ++i, from += channels) {
      Lanes pixel;
      std::memcpy(&pixel, from, sizeof pixel);
      sum += pixel * weights[i];
    }
    for (int c = 0; c < channels; ++c) *out++ = clip8(sum[c]);
  }
}

CLIPSTILL_WIDEST_VECTORS
void add_weighted(const uint8_t* in, int32_t weight, int count, int32_t* sums) {
  for (int x = 0; x < count; ++x) sums[x] += in[x] * weight;
}

CLIPSTILL_WIDEST_VECTORS
void clip_row(const int32_t* sums, int count, uint8_t* out) {
  for (int x = 0; x < count; ++x) out[x] = clip8(sums[x]);
}

}  // namespace

Coefficients coefficients(const Axis& axis, Filter filter) {
  const auto kernel = kernel_of(filter);
  const double scale = static_cast<double>(axis.end - axis.begin) / axis.out;
  const double filter_scale = std::max(scale, 1.0);
  const double inverse = 1.0 / filter_scale;
  const double support = kernel.support * filter_scale;
  Coefficients c;
  c.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  c.weights.resize(static_cast<size_t>(axis.window_size) * c.taps);
  std::vector<double> k(c.taps);
  for (int i = 0; i < axis.window_size; ++i) {
    const double center = axis.begin + (axis.window_first + i + 0.5) * scale;
    // Rounded towards zero as in C, then clamped to the image.
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int count = std::min(axis.in, static_cast<int>(center + support + 0.5)) - first;
    double total = 0;
    for (int x = 0; x < count; ++x) {
      k[x] = kernel.weight((x + first - center + 0.5) * inverse);
      total += k[x];
    }
    int32_t* weights = &c.weights[static_cast<size_t>(i) * c.taps];
    for (int x = 0; x < count; ++x) weights[x] = to_fixed(total != 0.0 ? k[x] / total : k[x]);
    c.first.push_back(first);
    c.count.push_back(count);
  }
  return c;
}

std::vector<int> nearest_positions(const Axis& axis) {
  std::vector<int> positions;
  const double step = static_cast<double>(axis.end - axis.begin) / axis.out;
  double at = axis.begin + step * 0.5;
  for (int i = 0; i < axis.window_first + axis.window_size; ++i, at += step) {
    if (i >= axis.window_first) positions.push_back(std::min(static_cast<int>(at), axis.in - 1));
  }
  return positions;
}

Image resample_horizontal(const Image& source, int first_row, int last_row,
                          const Coefficients& columns) {
  Image target(columns.outputs(), last_row - first_row, source.channels);
  const int row_values = source.width * source.channels;
  std::vector<int32_t> row(row_values + kRowPadding);
  for (int y = 0; y < target.height; ++y) {
    widen(source.row(first_row + y), row_values, row.data());
    resample_row(row.data(), columns, source.channels, target.row(y));
  }
  return target;
}

Image resample_vertical(const Image& source, const Coefficients& rows) {
  Image target(source.width, rows.outputs(), source.channels);
  const int row_values = source.width * source.channels;
  std::vector<int32_t> sums(row_values);
  for (int y = 0; y < target.height; ++y) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const int32_t* weights = &rows.weights[static_cast<size_t>(y) * rows.taps];
    for (int i = 0; i < rows.count[y]; ++i) {
      add_weighted(source.row(rows.first[y] + i), weights[i], row_values, sums.data());
    }
    clip_row(sums.data(), row_values, target.row(y));
  }
  return target;
}

}  // namespace clipstill::image
