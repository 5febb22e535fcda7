#include <webp/decode.h>

#include "core/error.h"
#include "image/formats.h"

namespace clipstill::image {
namespace {

WebPBitstreamFeatures features_of(std::span<const uint8_t> bytes, std::string_view name) {
  WebPBitstreamFeatures features;
  const auto status = WebPGetFeatures(bytes.data(), bytes.size(), &features);
  if (status != VP8_STATUS_OK) {
    fail(ErrorCode::kBadData, "{}: damaged WebP: {}", name,
         status == VP8_STATUS_NOT_ENOUGH_DATA ? "cut short" : "bad header");
  }
  if (features.has_animation) {
    fail(ErrorCode::kBadData, "{}: an animated WebP; expected a still image", name);
  }
  return features;
}

}  // namespace

ImageSize probe_webp(std::span<const uint8_t> bytes, std::string_view name) {
  const auto features = features_of(bytes, name);
  return {features.width, features.height};
}

Image decode_webp(std::span<const uint8_t> bytes, std::string_view name,
                  const DecodeLimits& limits) {
  const auto features = features_of(bytes, name);
  check_limits(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height), name,
               limits);
  Image image(features.width, features.height, features.has_alpha ? 4 : 3);
  const int stride = image.width * image.channels;
  const auto decode_into = features.has_alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode_into(bytes.data(), bytes.size(), image.pixels.data(), image.pixels.size(), stride) ==
      nullptr) {
    fail(ErrorCode::kBadData, "{}: damaged WebP: cut short or corrupt", name);
  }
  return image;
}

}  // namespace clipstill::image
