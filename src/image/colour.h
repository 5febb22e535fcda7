// Colour steps of the augmentation on planar float RGB, 0-255; results are not clamped.
#pragma once

#include "image/float_image.h"

namespace clipstill::image {

void scale_brightness(FloatImage& rgb, double factor);
/// Blends with the mean luma of the image.
void scale_contrast(FloatImage& rgb, double factor);
/// Blends with the luma of each pixel; 0 makes it grey.
void scale_saturation(FloatImage& rgb, double factor);
/// Rotates chroma in the YIQ plane by `turn` of the full circle.
void rotate_hue(FloatImage& rgb, double turn);
/// Separable Gaussian, cut at 3 sigma, border repeated.
void gaussian_blur(FloatImage& rgb, double sigma);

}  // namespace clipstill::image
