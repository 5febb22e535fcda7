// Every rule of the format, broken one at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/deep_json.h"
#include "../core/expect_error.h"
#include "safetensors_bytes.h"

namespace clipstill::bundle {
namespace {

// `tensors` is the inside of the header's braces.
void expect_refused(const std::string& tensors, const std::string& data,
                    const std::vector<std::string>& words) {
  auto all = words;
  all.emplace_back("x.safetensors");
  expect_error(ErrorCode::kBadData, all, [&] { parsed(file_of("{" + tensors + "}", data)); });
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

const std::string kGood =
    entry("a", "U8", "[2]", "[0,2]") + "," + entry("b", "F16", "[1]", "[2,4]");

TEST(SafetensorsDamage, TheUndamagedFileIsRead) {
  EXPECT_EQ(parsed(file_of("{" + kGood + "}", "1234")).tensors.size(), 2u);
  EXPECT_EQ(parsed(file_of("{}")).tensors.size(), 0u);
  EXPECT_EQ(parsed(file_of("{" + entry("a", "F32", "[0,7]", "[0,0]") + "}")).tensors.size(), 1u);
}

TEST(SafetensorsDamage, EveryCutIsRefused) {
  const auto whole = file_of("{" + kGood + "}", "1234");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parsed(whole.substr(0, size)), Error) << size;
  }
}

TEST(SafetensorsDamage, TheHeaderLength) {
  expect_error(ErrorCode::kBadData, {"too short"}, [] { parsed("1234567"); });
  expect_error(ErrorCode::kBadData, {"claims 3 bytes; the file has 2"},
               [] { parsed(length_prefix(3) + "{}"); });
  // Lengths that overflow when 8 is added.
  for (const uint64_t length : {UINT64_MAX, UINT64_MAX - 7, uint64_t{1} << 63}) {
    expect_error(ErrorCode::kBadData, {"claims"}, [&] { parsed(length_prefix(length) + "{}"); });
  }
}

TEST(SafetensorsDamage, AHeaderAbove16MiBIsRefusedThoughItIsThere) {
  const size_t limit = size_t{16} << 20;
  std::string header = "{" + kGood + "}";
  header.resize(limit, ' ');
  EXPECT_EQ(parsed(file_of(header, "1234")).tensors.size(), 2u);
  header += ' ';
  expect_error(ErrorCode::kBadData, {"the limit is 16777216"},
               [&] { parsed(file_of(header, "1234")); });
}

TEST(SafetensorsDamage, TheHeaderIsAJsonObject) {
  for (const std::string header : {"", " {}", "[]", "\xef\xbb\xbf{}"}) {
    expect_error(ErrorCode::kBadData, {"does not start with '{'"},
                 [&] { parsed(file_of(header)); });
  }
  for (const std::string header : {"{", "{}x", "{\"a\":}", "{\"\xff\":1}", "{'a':1}", "{} {}"}) {
    expect_error(ErrorCode::kBadData, {"not valid JSON"}, [&] { parsed(file_of(header)); });
  }
}

TEST(SafetensorsDamage, DeepNestingDoesNotExhaustTheStack) {
  const auto header = "{\"a\":{\"dtype\":" + deep_json() + ",\"shape\":[],\"data_offsets\":[0,1]}}";
  expect_error(ErrorCode::kBadData, {"x.safetensors", "nested"}, [&] { parsed(file_of(header)); });
}

TEST(SafetensorsDamage, KeysOccurOnce) {
  expect_refused(kGood + "," + entry("a", "U8", "[2]", "[0,2]"), "1234", {"\"a\" twice"});
  expect_refused(R"("a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]})", "12",
                 {"\"dtype\" twice"});
  expect_refused(R"("__metadata__":{"k":"1","k":"2"})", "", {"\"k\" twice"});
}

TEST(SafetensorsDamage, MetadataMapsStringsToStrings) {
  for (const std::string value : {"[]", "1", "\"x\"", "null", R"({"k":1})", R"({"k":null})"}) {
    expect_refused("\"__metadata__\":" + value, "", {"__metadata__"});
  }
}

TEST(SafetensorsDamage, ATensorHasExactlyItsThreeKeys) {
  for (const std::string value :
       {"1", "{}", R"({"dtype":"U8","shape":[2]})", R"({"dtype":"U8","data_offsets":[0,2]})",
        R"({"dtype":"U8","shape":[2],"data_offsets":[0,2],"more":1})",
        R"({"dtype":"U8","shape":[2],"offsets":[0,2]})"}) {
    expect_refused("\"a\":" + value, "12", {"tensor \"a\"", "exactly the keys"});
  }
}

TEST(SafetensorsDamage, TypesAreKnown) {
  for (const std::string dtype : {"F8", "f32", "", "F32 "}) {
    expect_refused(entry("a", dtype, "[2]", "[0,2]"), "12", {"unknown dtype \"" + dtype});
  }
  expect_refused(R"("a":{"dtype":3,"shape":[2],"data_offsets":[0,2]})", "12", {"unknown dtype 3"});
}

TEST(SafetensorsDamage, ShapesAndOffsetsAreWholeNumbers) {
  for (const std::string shape : {"[-2]", "[2.0]", "[\"2\"]", "[[2]]", "[null]", "[1e0]"}) {
    expect_refused(entry("a", "U8", shape, "[0,2]"), "12", {"extents must be non-negative"});
  }
  for (const std::string offsets : {"[-1,2]", "[0,2.0]", "[null,2]", "[0,18446744073709551616]"}) {
    expect_refused(entry("a", "U8", "[2]", offsets), "12", {"data_offsets must be non-negative"});
  }
  for (const std::string offsets : {"[0]", "[0,1,2]", "{}", "2"}) {
    expect_refused(entry("a", "U8", "[2]", offsets), "12", {"a list of two numbers"});
  }
  expect_refused(entry("a", "U8", "2", "[0,2]"), "12", {"shape must be a list"});
}

TEST(SafetensorsDamage, ProductsOfShapesDoNotOverflow) {
  // Each wraps around to a size that the offsets would fit, or to a negative one.
  for (const std::string shape :
       {"[4294967296,4294967296]", "[18446744073709551615,2]", "[9223372036854775808,0]",
        "[0,9223372036854775808]", "[4611686018427387904,2,0]", "[4611686018427387904,4,1]"}) {
    expect_refused(entry("a", "U8", shape, "[0,0]"), "", {"overflows"});
  }
  expect_refused(entry("a", "F32", "[4611686018427387904]", "[0,0]"), "", {"overflows"});
}

TEST(SafetensorsDamage, TheSizeIsThatOfTypeAndShape) {
  expect_refused(entry("a", "F32", "[2]", "[0,4]"), "1234", {"need 8 bytes"});
  expect_refused(entry("a", "U8", "[2]", "[2,0]"), "12", {"need 2 bytes"});
  expect_refused(entry("a", "F16", "[]", "[0,1]"), "1", {"need 2 bytes"});
}

TEST(SafetensorsDamage, TheDataIsCoveredOnce) {
  const auto a = entry("a", "U8", "[2]", "[0,2]");
  expect_refused(a + "," + entry("b", "U8", "[2]", "[1,3]"), "123", {"\"b\"", "overlap"});
  expect_refused(a + "," + entry("b", "U8", "[2]", "[0,2]"), "12", {"\"b\"", "overlap"});
  expect_refused(a + "," + entry("b", "U8", "[2]", "[3,5]"), "12345", {"\"b\"", "hole"});
  expect_refused(entry("a", "U8", "[1]", "[1,2]"), "12", {"\"a\"", "hole"});
  expect_refused(a, "1", {"\"a\"", "cut short?"});
  expect_refused(a, "123", {"1 bytes after the last tensor"});
  expect_refused("", "123", {"3 bytes after the last tensor"});
}

}  // namespace
}  // namespace clipstill::bundle
