#include "image/exif.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string_view>

#include "image/codec.h"

namespace clipstill::image {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr std::string_view kName{"Exif\0\0", 6};

bool stands_at(Bytes bytes, size_t at, std::string_view text) {
  return at <= bytes.size() && text.size() <= bytes.size() - at &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<ptrdiff_t>(at),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

/// Unsigned number of `size` bytes; the caller has seen that they are there.
uint64_t number(Bytes bytes, size_t at, size_t size, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value = value << 8 | bytes[at + (big_endian ? i : size - 1 - i)];
  }
  return value;
}

void append(Bytes part, std::vector<uint8_t>& out) {
  out.insert(out.end(), part.begin(), part.end());
}

// Segments of marker and length (which counts itself), up to the start of the scan.
std::vector<uint8_t> exif_of_jpeg(Bytes bytes) {
  std::vector<uint8_t> exif;
  for (size_t at = 2; at + 4 <= bytes.size();) {
    const uint8_t marker = bytes[at + 1];
    if (bytes[at] != 0xff || marker == 0x00 || marker == 0xff) {  // junk, or fill before a marker
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) break;
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {  // alone, without a length
      at += 2;
      continue;
    }
    const size_t length = number(bytes, at + 2, 2, /*big_endian=*/true);
    if (length < 2 || length > bytes.size() - at - 2) break;
    if (marker == 0xe1 && length >= 2 + kName.size() && stands_at(bytes, at + 4, kName)) {
      append(bytes.subspan(at + 4 + kName.size(), length - 2 - kName.size()), exif);
    }
    at += 2 + length;
  }
  return exif;
}

// Chunks of length, name, content and checksum. The last one counts; one with a wrong checksum is
// left out, as libpng does with chunks that are not critical.
std::vector<uint8_t> exif_of_png(Bytes bytes) {
  std::vector<uint8_t> exif;
  for (size_t at = 8; bytes.size() - at >= 12;) {
    const size_t length = number(bytes, at, 4, /*big_endian=*/true);
    if (length > bytes.size() - at - 12 || stands_at(bytes, at + 4, "IEND")) break;
    if (stands_at(bytes, at + 4, "eXIf")) {
      const auto checked = bytes.subspan(at + 4, 4 + length);
      const auto checksum = crc32(0, checked.data(), static_cast<uInt>(checked.size()));
      if (checksum == number(bytes, at + 8 + length, 4, /*big_endian=*/true)) {
        exif.assign(checked.begin() + 4, checked.end());
      }
    }
    at += 12 + length;
  }
  return exif;
}

// Chunks of name, length and content, which begins at an even place. Only the extended layout has
// others than the pixels', and its first chunk has a bit for those that there are.
std::vector<uint8_t> exif_of_webp(Bytes bytes) {
  constexpr size_t kFlags = 20;
  constexpr uint8_t kHasExif = 0x08;
  if (bytes.size() <= kFlags || !stands_at(bytes, 12, "VP8X") || !(bytes[kFlags] & kHasExif)) {
    return {};
  }
  const size_t riff_end = number(bytes, 4, 4, /*big_endian=*/false) + 8;
  bytes = bytes.first(std::min(bytes.size(), riff_end));
  for (size_t at = 12; at <= bytes.size() && bytes.size() - at >= 8;) {
    const size_t length = number(bytes, at + 4, 4, /*big_endian=*/false);
    if (length > bytes.size() - at - 8) break;
    if (stands_at(bytes, at, "EXIF")) {
      const auto part = bytes.subspan(at + 8, length);
      return {part.begin(), part.end()};
    }
    at += 8 + length + length % 2;
  }
  return {};
}

// Bytes of one value of each type (TIFF 6.0, section 2; 13, another directory, and 16, of 64 bits,
// are later), 0 for no such type.
constexpr size_t kTypeBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};
enum Type : uint64_t {
  kByte = 1,
  kText = 2,
  kRational = 5,
  kUndefined = 7,
  kSignedRational = 10,
  kFloat = 11,
  kDouble = 12
};

/// The first value of a tag. A negative number of a signed type comes out far above 8, which is as
/// good; what is no number is 0.
double value_at(Bytes tiff, size_t at, uint64_t type, bool big_endian) {
  const auto read = [&](size_t offset, size_t size) {
    return number(tiff, at + offset, size, big_endian);
  };
  const auto read_signed = [&](size_t offset) {
    return std::bit_cast<int32_t>(static_cast<uint32_t>(read(offset, 4)));
  };
  switch (type) {
    case kRational:
      return static_cast<double>(read(0, 4)) / static_cast<double>(read(4, 4));
    case kSignedRational:
      return static_cast<double>(read_signed(0)) / static_cast<double>(read_signed(4));
    case kFloat:
      return std::bit_cast<float>(static_cast<uint32_t>(read(0, 4)));
    case kDouble:
      return std::bit_cast<double>(read(0, 8));
    case kByte:
    case kText:
    case kUndefined:
      return 0;
    default:
      return static_cast<double>(read(0, kTypeBytes[type]));
  }
}

/// Big-endian or not, told by the header. Two of the accepted ones are wrong but in use; BigTIFF is
/// not read, unless it says so in big-endian, where Pillow takes it for the usual layout.
std::optional<bool> byte_order(Bytes tiff) {
  using namespace std::string_view_literals;
  for (const auto head : {"MM\0\x2a"sv, "MM\x2a\0"sv, "MM\0\x2b"sv}) {
    if (stands_at(tiff, 0, head)) return true;
  }
  for (const auto head : {"II\x2a\0"sv, "II\0\x2a"sv}) {
    if (stands_at(tiff, 0, head)) return false;
  }
  return std::nullopt;
}

}  // namespace

std::vector<uint8_t> find_exif(std::span<const uint8_t> encoded) {
  switch (detect_format(encoded)) {
    case Format::kJpeg:
      return exif_of_jpeg(encoded);
    case Format::kPng:
      return exif_of_png(encoded);
    case Format::kWebp:
      return exif_of_webp(encoded);
    default:
      return {};
  }
}

int read_orientation(std::span<const uint8_t> exif) {
  constexpr uint64_t kOrientation = 0x0112;
  constexpr size_t kEntryBytes = 12;
  auto tiff = exif;
  while (stands_at(tiff, 0, kName)) tiff = tiff.subspan(kName.size());
  const auto order = byte_order(tiff);
  if (!order || tiff.size() < 8) return 1;
  const auto read = [&](size_t at, size_t size) { return number(tiff, at, size, *order); };
  const size_t directory = read(4, 4);
  if (directory > tiff.size() || tiff.size() - directory < 2) return 1;
  const uint64_t entries = read(directory, 2);
  int orientation = 1;
  for (uint64_t i = 0; i < entries; ++i) {
    // Tag, type, how many values, and the values, or where they lie if they take more than 4 bytes.
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (tiff.size() < entry + kEntryBytes) break;
    const uint64_t type = read(entry + 2, 2);
    if (type >= std::size(kTypeBytes) || kTypeBytes[type] == 0) continue;
    const uint64_t bytes = read(entry + 4, 4) * kTypeBytes[type];
    const bool is_inside = bytes <= 4;
    const size_t values = is_inside ? entry + 8 : read(entry + 8, 4);
    if (!is_inside && (values > tiff.size() || bytes > tiff.size() - values)) break;
    if (bytes > 0 && read(entry, 2) == kOrientation) {
      const double value = value_at(tiff, values, type, *order);
      orientation =
          value >= 2 && value <= 8 && value == std::floor(value) ? static_cast<int>(value) : 1;
    }
  }
  return orientation;
}

}  // namespace clipstill::image
