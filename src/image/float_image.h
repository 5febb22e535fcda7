// Float images between the steps of an augmentation.
#pragma once

#include <cstddef>
#include <vector>

namespace clipstill::image {

/// Planar [channels, size, size], values 0-255; RGBA is premultiplied.
struct FloatImage {
  int size = 0, channels = 0;
  std::vector<float> values;

  FloatImage(int edge, int planes)
      : size(edge), channels(planes), values(static_cast<size_t>(planes) * edge * edge) {}
  size_t plane_size() const { return static_cast<size_t>(size) * size; }
  float* plane(int c) { return values.data() + c * plane_size(); }
  const float* plane(int c) const { return values.data() + c * plane_size(); }
};

}  // namespace clipstill::image
