// Augmentation as a pure function of (policy, seed, sample, view): the teacher cache and the
// student see the same pixels because both call this with the same key.
#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"
#include "image/image.h"
#include "image/preprocess.h"

namespace clipstill::image {

/// A strength of 0 switches a step off. Steps run in the order of the fields.
struct AugmentPolicy {
  double background = 0.5;      // probability that alpha is blended over a random colour or
                                // two-colour gradient instead of white
  double rotate_degrees = 10;   // affine: rotation uniform in +/- this
  double shear = 0.1;           // affine: shear uniform in +/- this
  double translate = 0.05;      // affine: shift uniform in +/- this share of the size
  double crop_scale_min = 0.6;  // random resized crop: area share uniform in [min, max]; above 1
  double crop_scale_max = 1.0;  // the picture shrinks and its surroundings show
  double crop_ratio = 1.25;     // aspect ratio log-uniform in [1/ratio, ratio]
  double brightness = 0.3, contrast = 0.3, saturation = 0.3;  // factor uniform in 1 +/- this
  double hue = 0.03;        // shift uniform in +/- this share of the circle
  double greyscale = 0.05;  // probability
  double blur = 0.1;        // probability of a Gaussian blur, sigma uniform in [0.1, 1] x size/64
  double flip = 0.0;        // horizontal; off by default because texts say left and right

  std::string fingerprint() const;
};

void declare_options(OptionSet& set, const std::string& prefix, AugmentPolicy& policy);

/// RGB image of the size that `evaluation` wants; with every strength at 0 the pixels are those of
/// evaluation, so that its resize, filter and alpha count too.
Image augment(const Image& source, const AugmentPolicy& policy, const Preprocess& evaluation,
              uint64_t seed, uint64_t sample, uint64_t view);

}  // namespace clipstill::image
