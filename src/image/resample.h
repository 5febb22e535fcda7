// The two passes of Pillow's resampling, value for value: src/libImaging/Resample.c
// (precompute_coeffs, normalize_coeffs_8bpc and the 8-bit horizontal and vertical passes).
#pragma once

#include <cstdint>
#include <vector>

#include "image/image.h"
#include "image/resize.h"

namespace clipstill::image {

/// Fixed-point weights along one axis: output i reads `count[i]` samples from `first[i]` on.
struct Coefficients {
  int taps = 0;  // weights kept per output
  std::vector<int> first, count;
  std::vector<int32_t> weights;  // [outputs, taps]

  int outputs() const { return static_cast<int>(first.size()); }
};

/// One axis of a resize from samples [begin, end) of `in` to `out` outputs, of which only
/// `window_size` from `window_first` on are wanted. Pillow keeps the box in single precision,
/// and that rounding shows in the weights.
struct Axis {
  int in = 0;
  float begin = 0, end = 0;
  int out = 0;
  int window_first = 0, window_size = 0;
};

Coefficients coefficients(const Axis& axis, Filter filter);

/// Source positions of the nearest samples. Pillow (Geometry.c, ImagingScaleAffine) steps by
/// adding, and the accumulated rounding decides ties.
std::vector<int> nearest_positions(const Axis& axis);

/// Rows first_row to last_row - 1 of the source, resampled along x.
Image resample_horizontal(const Image& source, int first_row, int last_row,
                          const Coefficients& columns);
Image resample_vertical(const Image& source, const Coefficients& rows);

}  // namespace clipstill::image
