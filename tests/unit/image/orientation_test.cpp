#include "image/orientation.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "core/bytes.h"
#include "core/files.h"
#include "image/exif.h"

namespace clipstill::image {
namespace {

using namespace std::string_literals;

std::string read_picture(const std::string& name) {
  return read_file(fs::path(CLIPSTILL_TEST_DATA) / "orientation" / name);
}

// Big-endian TIFF with one entry: tag 0x0112, type 3, one value.
std::string tiff(char orientation) {
  return "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + orientation + "\0\0\0\0\0\0"s;
}

int orientation_in(std::string_view encoded) {
  return orientation_of(bytes_of(encoded));
}

TEST(Orientation, TurnsAsTheNumbersOfExifSay) {
  // 1 2 3
  // 4 5 6   where Exif 2.32 says which corner of the scene the first stored pixel is.
  Image stored(3, 2, 1);
  stored.pixels = {1, 2, 3, 4, 5, 6};
  const std::vector<std::vector<uint8_t>> upright{
      {1, 2, 3, 4, 5, 6},                      // top left
      {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},  // top right, bottom right
      {4, 5, 6, 1, 2, 3},                      // bottom left
      {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},  // on the side: left top, right top
      {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const auto turned = turn(stored, orientation);
    EXPECT_EQ(turned.width, orientation < 5 ? 3 : 2);
    EXPECT_EQ(turned.height, orientation < 5 ? 2 : 3);
    EXPECT_EQ(turned.pixels, upright[static_cast<size_t>(orientation) - 1]);
  }
  for (const int other : {-1, 0, 9, 1 << 20}) EXPECT_EQ(turn(stored, other).pixels, stored.pixels);
}

TEST(Orientation, KeepsTheChannelsOfAPixelTogether) {
  Image stored(2, 1, 4);
  stored.pixels = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(turn(stored, 6).pixels, stored.pixels);
  EXPECT_EQ(turn(stored, 3).pixels, (std::vector<uint8_t>{5, 6, 7, 8, 1, 2, 3, 4}));
}

TEST(Orientation, JpegsExifMayStandInSeveralSegments) {
  const auto segment = [](const std::string& marker, const std::string& content) {
    const auto length = content.size() + 2;
    return "\xff"s + marker + static_cast<char>(length >> 8) + static_cast<char>(length) + content;
  };
  const auto exif = tiff(6);
  const auto first = segment("\xe1", "Exif\0\0"s + exif.substr(0, 13));
  const auto second = segment("\xe1", "Exif\0\0"s + exif.substr(13));
  const auto other = segment("\xe1", "http://ns.adobe.com/xap/1.0/"s + "\0"s + exif);
  const auto head = "\xff\xd8"s, scan = segment("\xda", "");
  EXPECT_EQ(orientation_in(head + first + other + second + scan), 6);
  EXPECT_EQ(orientation_in(head + first + scan + second), 1);
  EXPECT_EQ(orientation_in(head + other + scan), 1);
  EXPECT_EQ(orientation_in(head + "\xff\xff" + segment("\xe1", "Exif\0\0"s + exif)), 6);
  EXPECT_EQ(orientation_in(head + "\xff\xe1\x7f\xff"s + "Exif\0\0"s + exif), 1);  // says too much
  EXPECT_EQ(orientation_in(head + "\xff\xe1\0\0"s + "Exif\0\0"s + exif), 1);
}

TEST(Orientation, PngsChunkCountsOnlyWithItsChecksum) {
  auto png = read_picture("png-6.png");
  ASSERT_EQ(orientation_in(png), 6);
  const auto at = png.find("eXIf");
  png[at + 4] ^= 1;
  EXPECT_EQ(orientation_in(png), 1);
  EXPECT_NO_THROW(decode_oriented(bytes_of(png), "png", /*apply_orientation=*/true));
  // As the last chunk but IEND, where a writer may put it.
  const auto good = read_picture("png-6.png");
  const size_t begin = good.find("eXIf") - 4, end = good.find("IDAT") - 4,
               last = good.find("IEND") - 4;
  const auto moved = good.substr(0, begin) + good.substr(end, last - end) +
                     good.substr(begin, end - begin) + good.substr(last);
  EXPECT_EQ(orientation_in(moved), 6);
  EXPECT_EQ(
      orientation_in(good.substr(0, begin) + good.substr(end) + good.substr(begin, end - begin)),
      1);
}

TEST(Orientation, WebpsFirstChunkTellsWhetherThereIsExif) {
  auto webp = read_picture("webp-6.webp");
  ASSERT_EQ(orientation_in(webp), 6);
  webp[20] = static_cast<char>(webp[20] & ~0x08);
  EXPECT_EQ(orientation_in(webp), 1);
  // What follows the RIFF file is none of it.
  auto outside = read_picture("webp-6.webp");
  const auto at = outside.find("EXIF");
  outside[4] = static_cast<char>(at - 8);
  EXPECT_EQ(orientation_in(outside), 1);
}

TEST(Orientation, WhatIsCutShortOrDamagedIsNotTurned) {
  for (const char* name : {"jpg-6.jpg", "png-6.png", "webp-6.webp"}) {
    SCOPED_TRACE(name);
    const auto whole = read_picture(name);
    for (size_t length = 0; length < whole.size(); ++length) {
      const int orientation = orientation_in(whole.substr(0, length));
      EXPECT_TRUE(orientation == 1 || orientation == 6) << length;
    }
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        auto damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        const int orientation = orientation_in(damaged);
        EXPECT_TRUE(orientation >= 1 && orientation <= 8) << at;
      }
    }
  }
  EXPECT_EQ(orientation_in(""), 1);
  EXPECT_EQ(orientation_in("GIF89a"), 1);
}

TEST(Orientation, DirectoriesOfEntriesThatPointAtEachOtherEnd) {
  auto exif = "II*\0\x08\0\0\0\xff\xff"s;
  for (int i = 0; i < 65535; ++i) exif += "\x0f\x01\x02\0\xff\xff\0\0\0\0\0\0"s;
  exif += "\0\0\0\0"s;
  EXPECT_EQ(read_orientation(bytes_of(exif)), 1);
}

}  // namespace
}  // namespace clipstill::image
