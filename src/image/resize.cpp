#include "image/resize.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "image/resample.h"

namespace clipstill::image {
namespace {

struct Axes {
  Axis x, y;
};

bool changes(const Axis& axis) {
  return axis.out != axis.in || axis.begin != 0 || axis.end != static_cast<float>(axis.out) ||
         axis.window_size != axis.out;
}

bool is_shift(const Axis& axis) {
  return axis.begin == std::floor(axis.begin) &&
         axis.end - axis.begin == static_cast<float>(axis.out);
}

Image nearest(const Image& source, const Axes& axes) {
  Image target(axes.x.window_size, axes.y.window_size, source.channels);
  const auto columns = nearest_positions(axes.x);
  const auto rows = nearest_positions(axes.y);
  for (int y = 0; y < target.height; ++y) {
    uint8_t* out = target.row(y);
    for (const int x : columns) {
      const uint8_t* in = source.row(rows[y]) + static_cast<size_t>(x) * source.channels;
      out = std::copy_n(in, source.channels, out);
    }
  }
  return target;
}

Image resample(const Image& source, const Axes& axes, Filter filter) {
  if (!changes(axes.y)) {
    return resample_horizontal(source, 0, source.height, coefficients(axes.x, filter));
  }
  auto rows = coefficients(axes.y, filter);
  if (!changes(axes.x)) return resample_vertical(source, rows);
  // The horizontal pass leaves out rows that the vertical pass does not read.
  const int first_row = rows.first.front();
  const int last_row = rows.first.back() + rows.count.back();
  for (int& row : rows.first) row -= first_row;
  const auto columns = coefficients(axes.x, filter);
  return resample_vertical(resample_horizontal(source, first_row, last_row, columns), rows);
}

// One call of Pillow's C function `resize`: a plain cut where nothing is scaled.
Image scale(const Image& source, const Axes& axes, Filter filter) {
  if (is_shift(axes.x) && is_shift(axes.y)) {
    return crop(source, static_cast<int>(axes.x.begin) + axes.x.window_first,
                static_cast<int>(axes.y.begin) + axes.y.window_first, axes.x.window_size,
                axes.y.window_size);
  }
  return filter == Filter::kNearest ? nearest(source, axes) : resample(source, axes, filter);
}

Axis whole_axis(int in, int out) {
  return {in, 0, static_cast<float>(in), out, 0, out};
}

// Pillow's Image.resize without alpha: very tall pictures are shortened before anything else.
Image scale_in_order(const Image& source, const Axes& axes, Filter filter) {
  const bool tall = source.height > int64_t{100} * source.width && axes.y.out < source.height;
  if (!tall) return scale(source, axes, filter);
  const auto shortened = scale(source, {whole_axis(source.width, source.width), axes.y}, filter);
  return scale(shortened, {axes.x, whole_axis(shortened.height, shortened.height)}, filter);
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

Image resize_axes(const Image& source, const Axes& axes, Filter filter) {
  if (filter == Filter::kNearest || source.channels != 4) {
    return scale_in_order(source, axes, filter);
  }
  Image image = source;
  premultiply(image);
  image = scale_in_order(image, axes, filter);
  unpremultiply(image);
  return image;
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
  Axes axes{whole_axis(source.width, width), whole_axis(source.height, height)};
  axes.x.begin = static_cast<float>(box.left);
  axes.x.end = static_cast<float>(box.right);
  axes.y.begin = static_cast<float>(box.top);
  axes.y.end = static_cast<float>(box.bottom);
  // Not even the rounding of premultiplication.
  if (!changes(axes.x) && !changes(axes.y)) return source;
  return resize_axes(source, axes, filter);
}

Image resize_and_crop(const Image& source, int width, int height, Filter filter, int left, int top,
                      int crop_width, int crop_height) {
  if (source.empty() || left < 0 || top < 0 || crop_width < 1 || crop_height < 1 ||
      left > width - crop_width || top > height - crop_height) {
    fail(ErrorCode::kUsage, "cannot crop {} x {} at {},{} from {} x {} resized to {} x {}",
         crop_width, crop_height, left, top, source.width, source.height, width, height);
  }
  if (width == source.width && height == source.height) {
    return crop(source, left, top, crop_width, crop_height);
  }
  const Axes axes{{source.width, 0, static_cast<float>(source.width), width, left, crop_width},
                  {source.height, 0, static_cast<float>(source.height), height, top, crop_height}};
  return resize_axes(source, axes, filter);
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
