// Pillow's resampling, value for value: src/libImaging/Resample.c (precompute_coeffs,
// normalize_coeffs_8bpc, ImagingResampleHorizontal_8bpc, ImagingResampleVertical_8bpc).
#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"

namespace clipstill::image {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;  // fixed-point bits of a coefficient

double bilinear(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Kernel {
  double (*weight)(double);
  double support;
};

Kernel kernel_of(Filter filter) {
  switch (filter) {
    case Filter::kBilinear:
      return {bilinear, 1.0};
    case Filter::kBicubic:
      return {bicubic, 2.0};
    case Filter::kLanczos:
      return {lanczos, 3.0};
    case Filter::kNearest:
      break;
  }
  fail(ErrorCode::kInternal, "nearest has no kernel");
}

// For every output position the first source position and its fixed-point weights.
struct Coefficients {
  int taps = 0;  // weights kept per position
  std::vector<int> first, count;
  std::vector<int32_t> weights;  // [out, taps]
};

Coefficients coefficients(int in, double begin, double end, int out, Filter filter) {
  const auto kernel = kernel_of(filter);
  const double scale = (end - begin) / out;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kernel.support * filter_scale;
  Coefficients c;
  c.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  c.first.resize(out);
  c.count.resize(out);
  c.weights.resize(static_cast<size_t>(out) * c.taps);
  std::vector<double> k(c.taps);
  for (int i = 0; i < out; ++i) {
    const double center = begin + (i + 0.5) * scale;
    const double inverse = 1.0 / filter_scale;
    // Rounded towards zero as in C, then clamped to the image.
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int last = std::min(in, static_cast<int>(center + support + 0.5));
    double total = 0;
    for (int x = first; x < last; ++x) {
      const double w = kernel.weight((x - center + 0.5) * inverse);
      k[x - first] = w;
      total += w;
    }
    c.first[i] = first;
    c.count[i] = last - first;
    int32_t* out_weights = &c.weights[static_cast<size_t>(i) * c.taps];
    for (int x = 0; x < last - first; ++x) {
      const double w = total != 0.0 ? k[x] / total : k[x];
      out_weights[x] = static_cast<int32_t>((w < 0 ? -0.5 : 0.5) + w * (1 << kPrecisionBits));
    }
  }
  return c;
}

uint8_t clip8(int32_t value) {
  return static_cast<uint8_t>(std::clamp(value >> kPrecisionBits, 0, 255));
}

template <int Channels>
void horizontal_row(const uint8_t* source, uint8_t* target, const Coefficients& c, int width) {
  for (int x = 0; x < width; ++x) {
    const uint8_t* in = source + static_cast<size_t>(c.first[x]) * Channels;
    const int32_t* k = &c.weights[static_cast<size_t>(x) * c.taps];
    int32_t sums[Channels];
    for (int32_t& sum : sums) sum = 1 << (kPrecisionBits - 1);
    for (int i = 0; i < c.count[x]; ++i, in += Channels) {
      for (int ch = 0; ch < Channels; ++ch) sums[ch] += in[ch] * k[i];
    }
    for (int ch = 0; ch < Channels; ++ch) target[x * Channels + ch] = clip8(sums[ch]);
  }
}

Image horizontal(const Image& source, int width, const Coefficients& c) {
  Image target(width, source.height, source.channels);
  for (int y = 0; y < source.height; ++y) {
    switch (source.channels) {
      case 1:
        horizontal_row<1>(source.row(y), target.row(y), c, width);
        break;
      case 3:
        horizontal_row<3>(source.row(y), target.row(y), c, width);
        break;
      default:
        horizontal_row<4>(source.row(y), target.row(y), c, width);
    }
  }
  return target;
}

Image vertical(const Image& source, int height, const Coefficients& c) {
  Image target(source.width, height, source.channels);
  const int row_values = source.width * source.channels;
  std::vector<int32_t> sums(row_values);
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
    const int32_t* k = &c.weights[static_cast<size_t>(y) * c.taps];
    for (int i = 0; i < c.count[y]; ++i) {
      const uint8_t* in = source.row(c.first[y] + i);
      const int32_t weight = k[i];
      for (int x = 0; x < row_values; ++x) sums[x] += in[x] * weight;
    }
    uint8_t* out = target.row(y);
    for (int x = 0; x < row_values; ++x) out[x] = clip8(sums[x]);
  }
  return target;
}

// Pillow, Geometry.c: nearest samples at the centre of each output pixel.
Image nearest(const Image& source, int width, int height, const Box& box) {
  Image target(width, height, source.channels);
  const double scale_x = (box.right - box.left) / width, scale_y = (box.bottom - box.top) / height;
  for (int y = 0; y < height; ++y) {
    const int sy = std::clamp(static_cast<int>(box.top + (y + 0.5) * scale_y), 0, source.height - 1);
    for (int x = 0; x < width; ++x) {
      const int sx = std::clamp(static_cast<int>(box.left + (x + 0.5) * scale_x), 0, source.width - 1);
      std::copy_n(source.row(sy) + static_cast<size_t>(sx) * source.channels, source.channels,
                  target.row(y) + static_cast<size_t>(x) * source.channels);
    }
  }
  return target;
}

Image resample(const Image& source, int width, int height, Filter filter, const Box& box) {
  const bool need_horizontal = width != source.width || box.left != 0 || box.right != width;
  const bool need_vertical = height != source.height || box.top != 0 || box.bottom != height;
  Image image = source;
  if (need_horizontal) {
    image = horizontal(image, width, coefficients(source.width, box.left, box.right, width, filter));
  }
  if (need_vertical) {
    image = vertical(image, height, coefficients(source.height, box.top, box.bottom, height, filter));
  }
  return image;
}

// Pillow's RGBA -> RGBa (Convert.c, MULDIV255) and back (clipped division).
void premultiply(Image& image) {
  for (size_t i = 0; i < image.pixels.size(); i += 4) {
    const unsigned alpha = image.pixels[i + 3];
    for (size_t c = 0; c < 3; ++c) {
      const unsigned product = image.pixels[i + c] * alpha + 128;
      image.pixels[i + c] = static_cast<uint8_t>(((product >> 8) + product) >> 8);
    }
  }
}

void unpremultiply(Image& image) {
  for (size_t i = 0; i < image.pixels.size(); i += 4) {
    const unsigned alpha = image.pixels[i + 3];
    if (alpha == 0 || alpha == 255) continue;
    for (size_t c = 0; c < 3; ++c) {
      image.pixels[i + c] =
          static_cast<uint8_t>(std::min(255u, 255u * image.pixels[i + c] / alpha));
    }
  }
}

}  // namespace

Image resize(const Image& source, int width, int height, Filter filter) {
  return resize(source, width, height, filter,
                Box{0, 0, static_cast<double>(source.width), static_cast<double>(source.height)});
}

Image resize(const Image& source, int width, int height, Filter filter, const Box& box) {
  if (source.empty() || width < 1 || height < 1 || box.left < 0 || box.top < 0 ||
      box.right > source.width || box.bottom > source.height || box.right <= box.left ||
      box.bottom <= box.top) {
    fail(ErrorCode::kUsage, "cannot resize {} x {} (box {},{} to {},{}) to {} x {}", source.width,
         source.height, box.left, box.top, box.right, box.bottom, width, height);
  }
  const bool whole = box.left == 0 && box.top == 0 && box.right == source.width &&
                     box.bottom == source.height;
  if (whole && width == source.width && height == source.height) return source;
  if (filter == Filter::kNearest) return nearest(source, width, height, box);
  if (source.channels != 4) return resample(source, width, height, filter, box);
  Image image = source;
  premultiply(image);
  image = resample(image, width, height, filter, box);
  unpremultiply(image);
  return image;
}

Image crop(const Image& source, int left, int top, int width, int height) {
  if (left < 0 || top < 0 || width < 1 || height < 1 || left > source.width - width ||
      top > source.height - height) {
    fail(ErrorCode::kUsage, "cannot crop {} x {} at {},{} from {} x {}", width, height, left, top,
         source.width, source.height);
  }
  Image target(width, height, source.channels);
  for (int y = 0; y < height; ++y) {
    std::copy_n(source.row(top + y) + static_cast<size_t>(left) * source.channels,
                static_cast<size_t>(width) * source.channels, target.row(y));
  }
  return target;
}

}  // namespace clipstill::image
