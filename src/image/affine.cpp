#include "image/affine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

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
  std::vector<float> values;  // interleaved; kTail more at the end
};

using Pixel = float __attribute__((vector_size(16)));  // up to four channels; what follows them in
                                                       // memory fills the lanes that are left
constexpr size_t kTail = 4;

constexpr auto kAlpha = [] {
  std::array<float, 256> shares{};
  for (int i = 0; i < 256; ++i) shares[i] = static_cast<float>(i) / 255.0f;
  return shares;
}();

Padded pad(const Image& image) {
  const auto channels = static_cast<size_t>(image.channels);
  Padded out;
  out.stride = image.width + 2;
  const size_t row_values = out.stride * channels;
  out.values.assign(row_values * (image.height + 2) + kTail, 0.0f);
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* from = image.row(y);
    float* first = &out.values[row_values * (y + 1)];
    float* to = first + channels;
    if (channels == 4) {
      for (int x = 0; x < image.width; ++x, from += 4, to += 4) {
        const float alpha = kAlpha[from[3]];
        for (int c = 0; c < 3; ++c) to[c] = static_cast<float>(from[c]) * alpha;
        to[3] = from[3];
      }
    } else {
      to = std::copy_n(from, image.width * channels, to);
      std::copy_n(first + channels, channels, first);
      std::copy_n(to - channels, channels, to);
    }
  }
  if (channels != 4) {
    float* values = out.values.data();
    std::copy_n(values + row_values, row_values, values);
    float* last = values + row_values * (image.height + 1);
    std::copy_n(last - row_values, row_values, last);
  }
  return out;
}

// Where the pixels of one output row fall along one axis of the source.
struct Positions {
  std::vector<double> slope;    // of u, per column
  std::vector<int> pixel;       // left or upper neighbour
  std::vector<float> fraction;  // of the way to the next

  Positions(double per_u, int size) : slope(size), pixel(size), fraction(size) {
    for (int x = 0; x < size; ++x) slope[x] = per_u * ((x + 0.5) / size - 0.5);
  }

  void find(double of_row, double length, double centre, double last) {
    for (size_t x = 0; x < slope.size(); ++x) {
      // +0.5: pixel centres, and the border of one pixel.
      const double at = std::clamp(centre + (slope[x] + of_row) * length + 0.5, 0.0, last);
      pixel[x] = static_cast<int>(at);
      fraction[x] = static_cast<float>(at - pixel[x]);
    }
  }
};

template <int Channels>
void sample(const Padded& source, int width, int height, const Affine& map, FloatImage& out) {
  const double centre_x = (map.box.left + map.box.right) / 2,
               centre_y = (map.box.top + map.box.bottom) / 2;
  const size_t plane = out.plane_size();
  const size_t row_values = static_cast<size_t>(source.stride) * Channels;
  Positions across(map.a, out.size), down(map.c, out.size);
  float* to = out.values.data();
  const auto load = [](const float* from) {
    Pixel pixel;
    std::memcpy(&pixel, from, sizeof pixel);
    return pixel;
  };
  for (int y = 0; y < out.size; ++y) {
    const double v = (y + 0.5) / out.size - 0.5;
    across.find(map.b * v, map.box.right - map.box.left, centre_x, width + 0.999);
    down.find(map.d * v, map.box.bottom - map.box.top, centre_y, height + 0.999);
    for (int x = 0; x < out.size; ++x, ++to) {
      const float* top =
          source.values.data() + down.pixel[x] * row_values + across.pixel[x] * Channels;
      const float* bottom = top + row_values;
      const Pixel top_left = load(top), bottom_left = load(bottom);
      const Pixel upper = top_left + (load(top + Channels) - top_left) * across.fraction[x];
      const Pixel lower =
          bottom_left + (load(bottom + Channels) - bottom_left) * across.fraction[x];
      const Pixel mixed = upper + (lower - upper) * down.fraction[x];
      for (int c = 0; c < Channels; ++c) to[c * plane] = mixed[c];
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
