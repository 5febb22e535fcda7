#include "image/colour.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace clipstill::image {
namespace {

// ITU-R BT.601 luma.
constexpr float kRed = 0.299f, kGreen = 0.587f, kBlue = 0.114f;

void blend(float* plane, size_t count, const float* other, float factor) {
  for (size_t i = 0; i < count; ++i) plane[i] = other[i] + (plane[i] - other[i]) * factor;
}

std::vector<float> luma(const FloatImage& rgb) {
  std::vector<float> out(rgb.plane_size());
  const float *r = rgb.plane(0), *g = rgb.plane(1), *b = rgb.plane(2);
  for (size_t i = 0; i < out.size(); ++i) out[i] = kRed * r[i] + kGreen * g[i] + kBlue * b[i];
  return out;
}

}  // namespace

void scale_brightness(FloatImage& rgb, double factor) {
  for (float& value : rgb.values) value *= static_cast<float>(factor);
}

void scale_contrast(FloatImage& rgb, double factor) {
  const auto grey = luma(rgb);
  double sum = 0;
  for (const float value : grey) sum += value;
  const auto mean = static_cast<float>(sum / static_cast<double>(grey.size()));
  for (float& value : rgb.values) value = mean + (value - mean) * static_cast<float>(factor);
}

void scale_saturation(FloatImage& rgb, double factor) {
  const auto grey = luma(rgb);
  for (int c = 0; c < 3; ++c)
    blend(rgb.plane(c), grey.size(), grey.data(), static_cast<float>(factor));
}

void rotate_hue(FloatImage& rgb, double turn) {
  const auto cosine = static_cast<float>(std::cos(2 * std::numbers::pi * turn));
  const auto sine = static_cast<float>(std::sin(2 * std::numbers::pi * turn));
  float *r = rgb.plane(0), *g = rgb.plane(1), *b = rgb.plane(2);
  for (size_t k = 0; k < rgb.plane_size(); ++k) {
    const float y = kRed * r[k] + kGreen * g[k] + kBlue * b[k];
    const float i = 0.596f * r[k] - 0.274f * g[k] - 0.322f * b[k];
    const float q = 0.211f * r[k] - 0.523f * g[k] + 0.312f * b[k];
    const float turned_i = i * cosine - q * sine, turned_q = i * sine + q * cosine;
    r[k] = y + 0.956f * turned_i + 0.621f * turned_q;
    g[k] = y - 0.272f * turned_i - 0.647f * turned_q;
    b[k] = y - 1.106f * turned_i + 1.703f * turned_q;
  }
}

void gaussian_blur(FloatImage& rgb, double sigma) {
  const int radius = std::max(1, static_cast<int>(std::ceil(3 * sigma)));
  std::vector<float> kernel(2 * radius + 1);
  float total = 0;
  for (int i = -radius; i <= radius; ++i) {
    kernel[i + radius] = static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma)));
    total += kernel[i + radius];
  }
  for (float& weight : kernel) weight /= total;
  // Sums run over whole rows at a time, each value's from the first tap to the last.
  const int size = rgb.size;
  std::vector<float> line(size + 2 * radius), sums(rgb.plane_size());
  const auto add = [size](const float* from, float weight, float* to) {
    for (int x = 0; x < size; ++x) to[x] += weight * from[x];
  };
  for (int c = 0; c < rgb.channels; ++c) {
    float* plane = rgb.plane(c);
    for (int y = 0; y < size; ++y) {  // along rows, into `sums`
      const float* row = plane + static_cast<ptrdiff_t>(y) * size;
      float* sum = sums.data() + static_cast<ptrdiff_t>(y) * size;
      for (int i = -radius; i < size + radius; ++i) {
        line[i + radius] = row[std::clamp(i, 0, size - 1)];
      }
      std::fill_n(sum, size, 0.0f);
      for (int k = 0; k <= 2 * radius; ++k) add(&line[k], kernel[k], sum);
    }
    for (int y = 0; y < size; ++y) {  // along columns, back
      float* row = plane + static_cast<ptrdiff_t>(y) * size;
      std::fill_n(row, size, 0.0f);
      for (int k = 0; k <= 2 * radius; ++k) {
        const ptrdiff_t from = std::clamp(y + k - radius, 0, size - 1);
        add(sums.data() + from * size, kernel[k], row);
      }
    }
  }
}

}  // namespace clipstill::image
