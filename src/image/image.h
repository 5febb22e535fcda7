// 8-bit images in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clipstill::image {

/// Interleaved rows, [height, width, channels]; channels is 1 (grey), 3 (RGB) or 4 (RGBA, not
/// premultiplied). Values 0-255, sRGB as stored.
struct Image {
  int width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int w, int h, int c)
      : width(w), height(h), channels(c), pixels(static_cast<size_t>(w) * h * c) {}
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * width * channels; }
  const uint8_t* row(int y) const {
    return pixels.data() + static_cast<size_t>(y) * width * channels;
  }
  bool empty() const { return pixels.empty(); }
};

}  // namespace clipstill::image
