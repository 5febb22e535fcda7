// Encoded bytes to pixels and back. The format is told by content, never by file name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "image/image.h"

namespace clipstill::image {

struct DecodeLimits {
  uint64_t max_pixels = 89'478'485;  // Pillow's warning threshold; checked before allocating
  uint64_t max_bytes = uint64_t{256} << 20;
};

enum class Format { kUnknown, kJpeg, kPng, kWebp, kSvg };
Format detect_format(std::span<const uint8_t> bytes);

/// Width and height from the header, without decoding. kBadData if there is none.
struct ImageSize {
  int width = 0, height = 0;
};
ImageSize probe_size(std::span<const uint8_t> bytes, std::string_view name);

/// Decodes JPEG, PNG or WebP to grey, RGB or RGBA as stored (palettes expanded, 16 bit reduced as
/// Pillow does, CMYK converted as Pillow does; EXIF orientation not applied, for which see
/// orientation.h). A truncated, damaged or oversized image is kBadData naming `name` and the cause.
Image decode(std::span<const uint8_t> bytes, std::string_view name,
             const DecodeLimits& limits = {});

/// Rasterises an SVG into a `size` x `size` RGBA image (aspect kept, centred, transparent ground).
Image rasterise_svg(std::span<const uint8_t> bytes, int size, std::string_view name);

std::string encode_png(const Image& image);

/// Pillow's convert("RGB"): grey replicated, alpha dropped (not blended).
Image to_rgb(const Image& image);
/// Alpha blended over a plain colour; images without alpha become RGB unchanged.
Image flatten(const Image& image, uint8_t red, uint8_t green, uint8_t blue);

}  // namespace clipstill::image
