// What an image file's Exif part says about how it wants to be turned.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clipstill::image {

/// The TIFF structure of an encoded image's Exif part: APP1 segments of a JPEG (joined, where there
/// are several), the eXIf chunk of a PNG, the EXIF chunk of a WebP. Empty where there is none, or
/// where it does not lie whole in the file. Never throws on bad bytes.
std::vector<uint8_t> find_exif(std::span<const uint8_t> encoded);

/// The tag Orientation (0x0112) of its first directory, 1 to 8 as Exif 2.32 numbers them, read as
/// Pillow 12 reads it: any number type will do, the first of several values counts, and what stands
/// before a tag that lies outside of the file is still taken. 1, upright, for anything else.
int read_orientation(std::span<const uint8_t> exif);

}  // namespace clipstill::image
