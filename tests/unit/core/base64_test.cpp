#include "core/base64.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace clipstill {
namespace {

// RFC 4648, section 10.
constexpr std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};

std::optional<std::string> decoded(std::string_view text) {
  const auto bytes = base64_decode(text);
  EXPECT_EQ(base64_decoded_size(text), bytes ? std::optional(bytes->size()) : std::nullopt) << text;
  if (!bytes) return std::nullopt;
  return std::string(bytes->begin(), bytes->end());
}

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(decoded(text), bytes);
  }
}

TEST(Base64, EncodesBytesAboveAscii) {
  EXPECT_EQ(base64(std::string("\x00\xff\xfe\x80", 4)), "AP/+gA==");
}

TEST(Base64, DecodesBothAlphabetsWithAndWithoutPadding) {
  const std::string bytes("\x00\xff\xfe\x80", 4);
  for (const char* text : {"AP/+gA==", "AP_-gA==", "AP/+gA", "AP_-gA", "AP/-gA"}) {
    EXPECT_EQ(decoded(text), bytes) << text;
  }
  EXPECT_EQ(decoded("Zm8"), "fo");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text :
       {"Z", "Zm9vY", "Zg=", "Zg===", "=", "==", "====", "Zm9v====", "Zg==Zg==", "Z===", "Zm=v",
        "Zm9 v", "Zm9v\n", "Zm9v!", "Zm\xc3\xa9", "Zh==", "Zm9="}) {
    EXPECT_EQ(decoded(text), std::nullopt) << text;
  }
  EXPECT_EQ(decoded(std::string_view("Zm\0v", 4)), std::nullopt);
}

TEST(Base64, DecodesWhatItEncoded) {
  Rng rng{1, 2, 3};
  for (size_t size = 0; size < 100; ++size) {
    std::string bytes;
    while (bytes.size() < size) bytes += static_cast<char>(rng.uniform() * 256);
    EXPECT_EQ(decoded(base64(bytes)), bytes);
  }
}

}  // namespace
}  // namespace clipstill
