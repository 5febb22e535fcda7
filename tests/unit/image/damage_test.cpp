// Damaged and hostile files: a named error or an image, never a crash, a hang or wild allocation.
#include <gtest/gtest.h>

#include <algorithm>

#include "../core/expect_error.h"
#include "core/random.h"
#include "image/codec.h"
#include "image_files.h"

namespace clipstill::image {
namespace {

std::string big_endian(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  return out;
}

EncodedImage with_patch(EncodedImage image, size_t at, const std::string& patch) {
  image.bytes.replace(at, patch.size(), patch);
  return image;
}

class Truncated : public testing::TestWithParam<EncodedImage> {};

TEST_P(Truncated, IsRefusedByName) {
  const auto& whole = GetParam();
  const size_t size = whole.bytes.size();
  // A WebP chunk may end in a byte of padding, which no pixel needs.
  const size_t last = whole.name.ends_with(".webp") ? size - 2 : size - 1;
  for (size_t cut = 0; cut <= last; cut += std::max<size_t>(1, std::min(size / 97, last - cut))) {
    SCOPED_TRACE(cut);
    const EncodedImage part{"cut/" + whole.name, whole.bytes.substr(0, cut)};
    expect_error(ErrorCode::kBadData, {part.name}, [&] { decode(part.span(), part.name); });
    if (cut == last) break;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryFormat, Truncated, testing::ValuesIn(encoded_images()),
                         [](const auto& param) {
                           auto name = param.param.name;
                           std::ranges::replace_if(
                               name, [](char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

TEST(DamagedImage, BitFlipsGiveAnImageOrANamedError) {
  int refused = 0;
  for (const auto& whole : encoded_images()) {
    for (uint64_t trial = 0; trial < 60; ++trial) {
      Rng rng{trial, whole.bytes.size()};
      auto image = whole;
      for (uint64_t flips = 1 + rng.below(4); flips > 0; --flips) {
        image.bytes[rng.below(image.bytes.size())] ^= static_cast<char>(1 << rng.below(8));
      }
      try {
        decode(image.span(), image.name, {.max_pixels = 1 << 20});
      } catch (const Error& error) {
        ++refused;
        EXPECT_EQ(error.code(), ErrorCode::kBadData) << error.what();
        EXPECT_THAT(error.what(), testing::HasSubstr(image.name));
      }
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(DamagedImage, BombsAreRefusedFromTheHeader) {
  const auto jpeg = encoded_image("grey.jpg");
  const size_t frame = jpeg.bytes.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  const auto bombs = {
      with_patch(jpeg, frame + 5, big_endian(65000, 2) + big_endian(65000, 2)),
      with_patch(encoded_image("lossy.webp"), 26, "\xff\x3f\xff\x3f"),  // 16383 x 16383
  };
  for (const auto& bomb : bombs) {
    expect_error(ErrorCode::kBadData, {bomb.name, "limit of 89478485"},
                 [&] { decode(bomb.span(), bomb.name); });
  }
}

// An 8 x 8 grey progressive JPEG that sends each of its first AC coefficients bit by bit, 14 scans
// each. Every scan is valid; in a large picture each would run over all pixels.
EncodedImage many_scans(int coefficients) {
  const std::string end_of_block = "\x7f";  // the code 0, then ones
  std::string one_code(17, '\0');           // one code of one bit, for symbol 0
  one_code[0] = 1;
  std::string out = "\xff\xd8";
  const auto segment = [&](int marker, const std::string& body) {
    out.push_back('\xff');
    out += big_endian(static_cast<uint64_t>(marker), 1);
    out += big_endian(body.size() + 2, 2);
    out += body;
  };
  const auto scan = [&](int coefficient, int high, int low) {
    segment(0xda, big_endian(0x010100, 3) + std::string(2, static_cast<char>(coefficient)) +
                      static_cast<char>(high << 4 | low));
    out += end_of_block;
  };
  segment(0xdb, std::string(1, '\0') + std::string(64, '\1'));
  segment(0xc2, big_endian(8, 1) + big_endian(0x00080008, 4) + big_endian(0x01011100, 4));
  segment(0xc4, big_endian(0x00, 1) + one_code);
  segment(0xc4, big_endian(0x10, 1) + one_code);
  scan(0, 0, 0);
  for (int k = 1; k <= coefficients; ++k) {
    scan(k, 0, 13);
    for (int bit = 12; bit >= 0; --bit) scan(k, bit + 1, bit);
  }
  return {"many-scans.jpg", out + "\xff\xd9"};
}

TEST(DamagedImage, EndlessScansAreRefused) {
  const auto few = many_scans(30), many = many_scans(63);
  EXPECT_EQ(decode(few.span(), few.name).pixels, std::vector<uint8_t>(64, 128));
  expect_error(ErrorCode::kBadData, {"many-scans.jpg", "500 scans"},
               [&] { decode(many.span(), many.name); });
}

}  // namespace
}  // namespace clipstill::image
