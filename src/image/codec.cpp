#include "image/codec.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "image/formats.h"

namespace clipstill::image {
namespace {

bool starts_with(std::span<const uint8_t> bytes, std::string_view magic, size_t at = 0) {
  return bytes.size() >= at + magic.size() &&
         std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
}

[[noreturn]] void fail_format(std::span<const uint8_t> bytes, std::string_view name) {
  if (bytes.empty()) fail(ErrorCode::kBadData, "{}: the image is empty (0 bytes)", name);
  if (detect_format(bytes) == Format::kSvg) {
    fail(ErrorCode::kBadData, "{}: an SVG drawing; convert it to PNG first", name);
  }
  const auto head = bytes.first(std::min<size_t>(bytes.size(), 8));
  fail(ErrorCode::kBadData,
       "{}: expected a JPEG, PNG or WebP image, found {} bytes that begin with {:02x}", name,
       bytes.size(), fmt::join(head, " "));
}

}  // namespace

Format detect_format(std::span<const uint8_t> bytes) {
  if (starts_with(bytes, "\xff\xd8\xff")) return Format::kJpeg;
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return Format::kPng;
  if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8)) return Format::kWebp;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min<size_t>(bytes.size(), 1024));
  if (head.find("<svg") != std::string_view::npos) return Format::kSvg;
  return Format::kUnknown;
}

ImageSize probe_size(std::span<const uint8_t> bytes, std::string_view name) {
  switch (detect_format(bytes)) {
    case Format::kJpeg:
      return probe_jpeg(bytes, name);
    case Format::kPng:
      return probe_png(bytes, name);
    case Format::kWebp:
      return probe_webp(bytes, name);
    default:
      fail_format(bytes, name);
  }
}

Image decode(std::span<const uint8_t> bytes, std::string_view name, const DecodeLimits& limits) {
  if (bytes.size() > limits.max_bytes) {
    fail(ErrorCode::kBadData, "{}: {} bytes, more than the limit of {}", name, bytes.size(),
         limits.max_bytes);
  }
  switch (detect_format(bytes)) {
    case Format::kJpeg:
      return decode_jpeg(bytes, name, limits);
    case Format::kPng:
      return decode_png(bytes, name, limits);
    case Format::kWebp:
      return decode_webp(bytes, name, limits);
    default:
      fail_format(bytes, name);
  }
}

void check_limits(uint64_t width, uint64_t height, std::string_view name,
                  const DecodeLimits& limits) {
  if (width == 0 || height == 0) {
    fail(ErrorCode::kBadData, "{}: the image is {} x {} pixels", name, width, height);
  }
  if (height > limits.max_pixels / width) {
    fail(ErrorCode::kBadData,
         "{}: {} x {} pixels, more than the limit of {} (a decompression bomb? shrink the image)",
         name, width, height, limits.max_pixels);
  }
}

Image to_rgb(const Image& image) {
  if (image.channels == 3) return image;
  Image rgb(image.width, image.height, 3);
  const size_t pixels = static_cast<size_t>(image.width) * image.height;
  const bool grey = image.channels == 1;
  for (size_t i = 0; i < pixels; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      rgb.pixels[3 * i + c] = image.pixels[grey ? i : 4 * i + c];
    }
  }
  return rgb;
}

Image flatten(const Image& image, uint8_t red, uint8_t green, uint8_t blue) {
  if (image.channels != 4) return to_rgb(image);
  const uint32_t ground[3] = {red, green, blue};
  Image rgb(image.width, image.height, 3);
  const size_t pixels = static_cast<size_t>(image.width) * image.height;
  for (size_t i = 0; i < pixels; ++i) {
    const uint32_t alpha = image.pixels[4 * i + 3];
    for (size_t c = 0; c < 3; ++c) {
      const uint32_t mixed = image.pixels[4 * i + c] * alpha + ground[c] * (255 - alpha);
      rgb.pixels[3 * i + c] = static_cast<uint8_t>((mixed + 127) / 255);
    }
  }
  return rgb;
}

}  // namespace clipstill::image
