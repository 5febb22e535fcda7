// The picture that benchmarks decode.
#pragma once

#include <string>

#include "core/random.h"
#include "image/codec.h"

namespace clipstill {

/// A PNG that costs as much to decode as one with content: noise over a gradient, 256 x 256.
inline std::string sample_png() {
  constexpr int kEdge = 256;
  image::Image picture(kEdge, kEdge, 3);
  Rng rng({kEdge});
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<uint8_t>(i / 3 % kEdge / 2 + rng.below(64));
  }
  return image::encode_png(picture);
}

}  // namespace clipstill
