#include "image/augment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/hash.h"
#include "core/random.h"
#include "image/affine.h"
#include "image/codec.h"
#include "image/colour.h"

namespace clipstill::image {
namespace {

using Colour = std::array<float, 3>;

Colour random_colour(Rng& rng) {
  Colour colour;
  for (float& channel : colour) channel = static_cast<float>(rng.uniform(0, 255));
  return colour;
}

// What shows through alpha: a plain colour or a linear gradient between two.
class Background {
 public:
  Background(const AugmentPolicy& policy, Rng& rng) {
    if (!rng.chance(policy.background)) return;  // white
    from_ = random_colour(rng);
    to_ = rng.chance(0.5) ? random_colour(rng) : from_;
    const double angle = rng.uniform(0, 2 * std::numbers::pi);
    dx_ = static_cast<float>(std::cos(angle));
    dy_ = static_cast<float>(std::sin(angle));
  }

  /// Under premultiplied RGBA, into RGB.
  FloatImage under(const FloatImage& rgba) const {
    const int size = rgba.size;
    FloatImage rgb(size, 3);
    const auto offset = [&](int i) {  // of a pixel's centre from the picture's, in pictures
      return (static_cast<float>(i) + 0.5f) / static_cast<float>(size) - 0.5f;
    };
    std::vector<float> across(size), share(size), ground(size);
    for (int x = 0; x < size; ++x) across[x] = 0.5f + offset(x) * dx_;
    for (int y = 0; y < size; ++y) {
      const size_t row = static_cast<size_t>(y) * size;
      const float down = offset(y) * dy_;
      const float* alpha = rgba.plane(3) + row;
      for (int x = 0; x < size; ++x) {
        share[x] = std::clamp(across[x] + down, 0.0f, 1.0f);
        ground[x] = 1.0f - alpha[x] / 255.0f;
      }
      for (int c = 0; c < 3; ++c) {
        const float from = from_[c], change = to_[c] - from;
        const float* in = rgba.plane(c) + row;
        float* out = rgb.plane(c) + row;
        for (int x = 0; x < size; ++x) out[x] = in[x] + ground[x] * (from + change * share[x]);
      }
    }
    return rgb;
  }

 private:
  Colour from_{255, 255, 255}, to_{255, 255, 255};
  float dx_ = 0, dy_ = 0;
};

bool moves(const AugmentPolicy& p) {
  return p.rotate_degrees > 0 || p.shear > 0 || p.translate > 0 || p.crop_scale_min != 1 ||
         p.crop_scale_max != 1 || p.crop_ratio > 1 || p.flip > 0;
}

Affine random_affine(const Image& source, const AugmentPolicy& p, Rng& rng) {
  Affine map;
  const double area = std::pow(std::min(source.width, source.height), 2) *
                      rng.uniform(p.crop_scale_min, p.crop_scale_max);
  const double ratio = std::exp(rng.uniform(-1.0, 1.0) * std::log(p.crop_ratio));
  // A crop may pass the picture's edges only where it is meant to shrink the picture.
  const double reach = std::sqrt(std::max(1.0, p.crop_scale_max));
  const double width = std::min(source.width * reach, std::sqrt(area * ratio));
  const double height = std::min(source.height * reach, std::sqrt(area / ratio));
  const double left =
      rng.uniform(0, source.width - width) + rng.uniform(-1, 1) * p.translate * width;
  const double top =
      rng.uniform(0, source.height - height) + rng.uniform(-1, 1) * p.translate * height;
  map.box = {left, top, left + width, top + height};
  const double angle = rng.uniform(-1, 1) * p.rotate_degrees * std::numbers::pi / 180;
  const double shear = rng.uniform(-1, 1) * p.shear;
  const double mirror = rng.chance(p.flip) ? -1 : 1;
  map.a = mirror * std::cos(angle);
  map.b = -std::sin(angle) + shear;
  map.c = mirror * std::sin(angle);
  map.d = std::cos(angle);
  return map;
}

Image to_bytes(const FloatImage& rgb) {
  Image out(rgb.size, rgb.size, 3);
  std::vector<uint8_t> line(rgb.size);
  for (int c = 0; c < 3; ++c) {
    const float* from = rgb.plane(c);
    uint8_t* to = out.pixels.data() + c;
    for (int y = 0; y < rgb.size; ++y, from += rgb.size) {
      for (int x = 0; x < rgb.size; ++x) {
        line[x] = static_cast<uint8_t>(static_cast<int>(std::clamp(from[x] + 0.5f, 0.0f, 255.0f)));
      }
      for (int x = 0; x < rgb.size; ++x, to += 3) *to = line[x];
    }
  }
  return out;
}

double factor(Rng& rng, double strength) {
  return 1 + rng.uniform(-1, 1) * strength;
}

}  // namespace

std::string AugmentPolicy::fingerprint() const {
  return hash_hex(fmt::format("v1 {} {} {} {} {} {} {} {} {} {} {} {} {} {}", background,
                              rotate_degrees, shear, translate, crop_scale_min, crop_scale_max,
                              crop_ratio, brightness, contrast, saturation, hue, greyscale, blur,
                              flip));
}

void declare_options(OptionSet& set, const std::string& prefix, AugmentPolicy& p) {
  const auto key = [&](const char* name) { return prefix + "." + name; };
  set.add(key("background"), p.background,
          "probability that alpha shows a random colour or gradient instead of white")
      .range(0, 1);
  set.add(key("rotate_degrees"), p.rotate_degrees, "rotation, uniform in +/- this").range(0, 180);
  set.add(key("shear"), p.shear, "shear, uniform in +/- this").range(0, 1);
  set.add(key("translate"), p.translate, "shift, uniform in +/- this share of the crop")
      .range(0, 1);
  set.add(key("crop_scale_min"), p.crop_scale_min, "random crop: smallest share of the area")
      .range(0.01, 4);
  set.add(key("crop_scale_max"), p.crop_scale_max,
          "random crop: largest share of the area; above 1 the picture shrinks")
      .range(0.01, 4);
  set.add(key("crop_ratio"), p.crop_ratio, "random crop: aspect ratio log-uniform up to this")
      .range(1, 10);
  set.add(key("brightness"), p.brightness, "factor uniform in 1 +/- this").range(0, 1);
  set.add(key("contrast"), p.contrast, "factor uniform in 1 +/- this").range(0, 1);
  set.add(key("saturation"), p.saturation, "factor uniform in 1 +/- this").range(0, 1);
  set.add(key("hue"), p.hue, "hue shift, uniform in +/- this share of the circle").range(0, 0.5);
  set.add(key("greyscale"), p.greyscale, "probability of grey").range(0, 1);
  set.add(key("blur"), p.blur, "probability of a Gaussian blur, sigma 0.1 to 1 pixel at 64 pixels")
      .range(0, 1);
  set.add(key("flip"), p.flip, "probability of a mirror image; texts say left and right")
      .range(0, 1);
}

Image augment(const Image& source, const AugmentPolicy& policy, const Preprocess& evaluation,
              uint64_t seed, uint64_t sample, uint64_t view) {
  const int size = evaluation.size;
  Rng rng{seed, sample, view};
  const Background background(policy, rng);
  FloatImage pixels(size, 3);
  if (moves(policy) || (source.channels == 4 && policy.background > 0)) {
    pixels = sample_affine(source.channels == 1 ? to_rgb(source) : source,
                           random_affine(source, policy, rng), size);
  } else {
    const auto flat = fit(source, evaluation);
    for (size_t i = 0; i < pixels.plane_size(); ++i) {
      for (int c = 0; c < 3; ++c) pixels.plane(c)[i] = flat.pixels[3 * i + c];
    }
  }
  if (pixels.channels == 4) pixels = background.under(pixels);
  if (policy.brightness > 0) scale_brightness(pixels, factor(rng, policy.brightness));
  if (policy.contrast > 0) scale_contrast(pixels, factor(rng, policy.contrast));
  if (policy.saturation > 0) scale_saturation(pixels, factor(rng, policy.saturation));
  if (policy.hue > 0) rotate_hue(pixels, rng.uniform(-1, 1) * policy.hue);
  if (rng.chance(policy.greyscale)) scale_saturation(pixels, 0);
  if (rng.chance(policy.blur)) gaussian_blur(pixels, rng.uniform(0.1, 1.0) * size / 64.0);
  return to_bytes(pixels);
}

}  // namespace clipstill::image
