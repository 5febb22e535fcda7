#include "image/orientation.h"

#include <algorithm>

#include "image/exif.h"

namespace clipstill::image {

int orientation_of(std::span<const uint8_t> encoded) {
  return read_orientation(find_exif(encoded));
}

Image turn(Image picture, int orientation) {
  if (orientation < 2 || orientation > 8) return picture;
  const int width = picture.width, height = picture.height, channels = picture.channels;
  // Where the first row of the upright picture begins in the stored one, and which way it runs.
  const bool swaps = orientation >= 5;  // it is a column there
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image upright(swaps ? height : width, swaps ? width : height, channels);
  uint8_t* out = upright.pixels.data();
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const int column = swaps ? y : x, row = swaps ? x : y;
      const uint8_t* pixel =
          picture.row(from_bottom ? height - 1 - row : row) +
          static_cast<ptrdiff_t>(from_right ? width - 1 - column : column) * channels;
      out = std::copy_n(pixel, channels, out);
    }
  }
  return upright;
}

Image decode_oriented(std::span<const uint8_t> bytes, std::string_view name, bool apply_orientation,
                      const DecodeLimits& limits) {
  auto picture = decode(bytes, name, limits);
  if (apply_orientation) return turn(std::move(picture), orientation_of(bytes));
  return picture;
}

}  // namespace clipstill::image
