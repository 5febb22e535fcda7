// One decoder per format, behind codec.h.
#pragma once

#include <span>
#include <string_view>

#include "image/codec.h"

namespace clipstill::image {

ImageSize probe_jpeg(std::span<const uint8_t> bytes, std::string_view name);
ImageSize probe_png(std::span<const uint8_t> bytes, std::string_view name);
ImageSize probe_webp(std::span<const uint8_t> bytes, std::string_view name);

Image decode_jpeg(std::span<const uint8_t> bytes, std::string_view name,
                  const DecodeLimits& limits);
Image decode_png(std::span<const uint8_t> bytes, std::string_view name, const DecodeLimits& limits);
Image decode_webp(std::span<const uint8_t> bytes, std::string_view name,
                  const DecodeLimits& limits);

/// kBadData naming the image where its header claims more than the limits allow.
void check_limits(uint64_t width, uint64_t height, std::string_view name,
                  const DecodeLimits& limits);

}  // namespace clipstill::image
