// Pillow-exact antialiased resampling.
#pragma once

#include "image/image.h"

namespace clipstill::image {

enum class Filter { kNearest, kBilinear, kBicubic, kLanczos };  // bicubic: a = -0.5

/// Source rectangle in pixels; may be fractional (Pillow's `box`).
struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
};

/// Identical 8-bit values to Pillow's Image.resize((width, height), filter, box): fixed-point
/// coefficients of 22 bits, horizontal pass, then vertical (Pillow, src/libImaging/Resample.c; up
/// to 12.3: Pillow 13 swaps the passes of some shapes, which moves values by a few units).
/// RGBA is resampled premultiplied, as Pillow's Image.resize does for mode RGBA.
Image resize(const Image& source, int width, int height, Filter filter);
Image resize(const Image& source, int width, int height, Filter filter, const Box& box);

/// crop(resize(source, width, height, filter), left, top, crop_width, crop_height), computing
/// only the pixels that stay: a very long picture needs no more memory than its crop.
Image resize_and_crop(const Image& source, int width, int height, Filter filter, int left, int top,
                      int crop_width, int crop_height);

Image crop(const Image& source, int left, int top, int width, int height);

}  // namespace clipstill::image
