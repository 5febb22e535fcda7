// One resampling pass for crop, rotation, shear, shift and flip together.
#pragma once

#include "image/float_image.h"
#include "image/image.h"
#include "image/resize.h"

namespace clipstill::image {

/// Maps the output square, in coordinates from -0.5 to 0.5, onto `box` of the source:
/// (u, v) -> centre of the box + ((a u + b v) width, (c u + d v) height).
struct Affine {
  Box box;
  double a = 1, b = 0, c = 0, d = 1;
};

/// Bilinear sampling; the source is first reduced with an antialiasing filter where the map
/// shrinks it. Outside an RGBA source everything is transparent; outside an RGB source the
/// border pixels repeat. RGBA comes back premultiplied.
FloatImage sample_affine(const Image& source, const Affine& map, int size);

}  // namespace clipstill::image
