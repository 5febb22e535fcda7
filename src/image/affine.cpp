#include "image/affine.h"

#include <algorithm>
#include <cmath>

namespace clipstill::image {
namespace {

constexpr double kShrinkBeforeSampling = 1.25;  // bilinear sampling aliases beyond this

// Length of one axis after antialiasing: about one sample per output pixel of the box.
int reduced_length(int length, double box_length, int size) {
  const double shrink = box_length / size;
  if (shrink <= kShrinkBeforeSampling) return length;
  return std::max(1, static_cast<int>(std::lround(length / shrink)));
}

struct Prepared {
  Image image;
  Box box;
};

Prepared reduced(const Image& source, const Box& box, int size) {
  const int width = reduced_length(source.width, box.right - box.left, size);
  const int height = reduced_length(source.height, box.bottom - box.top, size);
  const double sx = static_cast<double>(width) / source.width;
  const double sy = static_cast<double>(height) / source.height;
  return {resize(source, width, height, Filter::kBicubic),
          Box{box.left * sx, box.top * sy, box.right * sx, box.bottom * sy}};
}

// The source as floats, RGBA premultiplied, with a border of one pixel: transparent for RGBA,
// repeated for the rest, so that sampling needs no bounds checks.
struct Padded {
  int stride = 0;             // pixels per row
  std::vector<float> values;  // interleaved
};

Padded pad(const Image& image) {
  const int channels = image.channels;
  Padded out;
  out.stride = image.width + 2;
  out.values.assign(static_cast<size_t>(out.stride) * (image.height + 2) * channels, 0.0f);
  for (int y = 0; y < image.height + 2; ++y) {
    const bool border_row = y == 0 || y == image.height + 1;
    if (border_row && channels == 4) continue;
    const uint8_t* row = image.row(std::clamp(y - 1, 0, image.height - 1));
    float* to = &out.values[static_cast<size_t>(y) * out.stride * channels];
    for (int x = 0; x < out.stride; ++x, to += channels) {
      if (channels == 4 && (x == 0 || x == image.width + 1)) continue;
      const uint8_t* from =
          row + static_cast<size_t>(std::clamp(x - 1, 0, image.width - 1)) * channels;
      const float alpha = channels == 4 ? static_cast<float>(from[3]) / 255.0f : 1.0f;
      for (int c = 0; c < channels; ++c) {
        to[c] = c == 3 ? from[c] : static_cast<float>(from[c]) * alpha;
      }
    }
  }
  return out;
}

template <int Channels>
void sample(const Padded& source, int width, int height, const Affine& map, FloatImage& out) {
  const double box_width = map.box.right - map.box.left, box_height = map.box.bottom - map.box.top;
  const double centre_x = (map.box.left + map.box.right) / 2,
               centre_y = (map.box.top + map.box.bottom) / 2;
  const size_t plane = out.plane_size();
  for (int y = 0; y < out.size; ++y) {
    const double v = (y + 0.5) / out.size - 0.5;
    for (int x = 0; x < out.size; ++x) {
      const double u = (x + 0.5) / out.size - 0.5;
      // +0.5: pixel centres, and the border of one pixel.
      const double sx =
          std::clamp(centre_x + (map.a * u + map.b * v) * box_width + 0.5, 0.0, width + 0.999);
      const double sy =
          std::clamp(centre_y + (map.c * u + map.d * v) * box_height + 0.5, 0.0, height + 0.999);
      const int x0 = static_cast<int>(sx), y0 = static_cast<int>(sy);
      const auto fx = static_cast<float>(sx - x0), fy = static_cast<float>(sy - y0);
      const float* top = &source.values[(static_cast<size_t>(y0) * source.stride + x0) * Channels];
      const float* bottom = top + static_cast<size_t>(source.stride) * Channels;
      float* to = &out.values[static_cast<size_t>(y) * out.size + x];
      for (int c = 0; c < Channels; ++c) {
        const float upper = top[c] + (top[c + Channels] - top[c]) * fx;
        const float lower = bottom[c] + (bottom[c + Channels] - bottom[c]) * fx;
        to[c * plane] = upper + (lower - upper) * fy;
      }
    }
  }
}

}  // namespace

FloatImage sample_affine(const Image& source, const Affine& map, int size) {
  const auto prepared = reduced(source, map.box, size);
  Affine scaled = map;
  scaled.box = prepared.box;
  const auto padded = pad(prepared.image);
  FloatImage out(size, source.channels);
  const int width = prepared.image.width, height = prepared.image.height;
  switch (source.channels) {
    case 1:
      sample<1>(padded, width, height, scaled, out);
      break;
    case 3:
      sample<3>(padded, width, height, scaled, out);
      break;
    default:
      sample<4>(padded, width, height, scaled, out);
  }
  return out;
}

}  // namespace clipstill::image
