// Pictures as their camera meant them to be seen.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "image/codec.h"

namespace clipstill::image {

/// 1 (as stored) to 8, from the Exif part of an encoded image (exif.h). 1 where there is none, or
/// nothing sensible in it. Orientations in XMP or in text chunks alone are not looked for.
int orientation_of(std::span<const uint8_t> encoded);

/// Turned and mirrored so that a picture of that orientation stands upright, as Pillow's
/// ImageOps.exif_transpose does it. From 5 on width and height change places.
Image turn(Image picture, int orientation);

/// decode(), and turn() where `apply_orientation` is set. The reference libraries of CLIP do not
/// turn: Pillow's convert("RGB") leaves pixels as they are stored.
Image decode_oriented(std::span<const uint8_t> bytes, std::string_view name, bool apply_orientation,
                      const DecodeLimits& limits = {});

}  // namespace clipstill::image
