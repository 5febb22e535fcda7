#include "bundle/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/bytes.h"
#include "core/files.h"
#include "safetensors_bytes.h"

namespace clipstill::bundle {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string memory_of(const auto& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])};
}

TensorView view_of(DType dtype, std::vector<int64_t> shape, const std::string& bytes) {
  return {dtype, std::move(shape), bytes_of(bytes)};
}

TEST(Safetensors, ReadsAFileMadeByHand) {
  const ScratchFolder scratch;
  const auto path = scratch / "a.safetensors";
  // 1.5 and -2 as float, 1 as half; unaligned, with metadata and padding.
  const std::string header = R"({"__metadata__":{"format":"pt"},)"
                             R"("h":{"dtype":"F16","shape":[1],"data_offsets":[8,10]},)"
                             R"("f":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                             R"("s":{"dtype":"BF16","shape":[],"data_offsets":[10,12]}})"
                             "  ";
  const std::string data("\x00\x00\xc0\x3f\x00\x00\x00\xc0\x00\x3c\x40\x40", 12);
  write_file(path, file_of(header, data));
  const SafetensorsFile file(path);
  EXPECT_THAT(file.metadata(), ElementsAre(testing::Pair("format", "pt")));
  EXPECT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.tensor("f").dtype, DType::kF32);
  EXPECT_THAT(file.tensor("f").shape, ElementsAre(2, 1));
  EXPECT_THAT(file.floats("f"), ElementsAre(1.5f, -2.0f));
  EXPECT_THAT(file.floats("h"), ElementsAre(1.0f));
  EXPECT_THAT(file.tensor("s").shape, IsEmpty());
  EXPECT_THAT(file.floats("s"), ElementsAre(3.0f));
}

TEST(Safetensors, WritesTheLayoutOfTheFormat) {
  const ScratchFolder scratch;
  const auto path = scratch / "a.safetensors";
  const std::vector<float> b{1, 2, 3};
  const std::vector<uint8_t> a{7};
  const auto b_bytes = memory_of(b), a_bytes = memory_of(a);
  write_safetensors(
      path, {{"b", view_of(DType::kF32, {3}, b_bytes)}, {"a", view_of(DType::kU8, {1}, a_bytes)}},
      {{"key", "value"}});
  std::string header =
      R"({"__metadata__":{"key":"value"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
      R"("b":{"dtype":"F32","shape":[3],"data_offsets":[1,13]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(read_file(path), file_of(header, a_bytes + b_bytes));
}

TEST(Safetensors, EveryTypeComesBackAsItWas) {
  const ScratchFolder scratch;
  const std::string content("\x01\x80\xff\x7f\x00\x3c\x41\xc2\x00\x01\x02\x03\x04\x05\x06\x07", 16);
  std::map<std::string, TensorView> tensors;
  for (int i = 0; i <= static_cast<int>(DType::kU64); ++i) {
    const auto dtype = static_cast<DType>(i);
    const auto count = static_cast<int64_t>(content.size() / dtype_size(dtype));
    tensors[std::string(dtype_name(dtype))] = view_of(dtype, {count}, content);
  }
  EXPECT_EQ(tensors.size(), 13u);
  tensors["empty"] = view_of(DType::kF64, {3, 0}, "");
  write_safetensors(scratch / "a", tensors);
  const SafetensorsFile file(scratch / "a");
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const auto& [name, view] : file.tensors()) {
    EXPECT_EQ(view.dtype, tensors[name].dtype) << name;
    EXPECT_EQ(view.shape, tensors[name].shape) << name;
    EXPECT_EQ(view.bytes.size(), tensors[name].bytes.size()) << name;
    EXPECT_EQ(std::memcmp(view.bytes.data(), tensors[name].bytes.data(), view.bytes.size()), 0);
  }
  EXPECT_EQ(fingerprint(file.tensors()), fingerprint(tensors));
}

TEST(Safetensors, WhatIsNotThereOrNoFloatIsNamed) {
  const ScratchFolder scratch;
  const std::string two("\x01\x02", 2);
  write_safetensors(scratch / "a", {{"ids", view_of(DType::kU8, {2}, two)}});
  const SafetensorsFile file(scratch / "a");
  const auto path = (scratch / "a").string();
  expect_error(ErrorCode::kBadData, {path, "no tensor \"weight\""},
               [&] { static_cast<void>(file.tensor("weight")); });
  expect_error(ErrorCode::kBadData, {path, "\"ids\" is U8, expected floating point"},
               [&] { file.floats("ids"); });
  expect_error(ErrorCode::kMissingFile, {(scratch / "b").string()},
               [&] { SafetensorsFile(scratch / "b"); });
}

TEST(Safetensors, ATensorThatDoesNotFitItsShapeIsOurBug) {
  const ScratchFolder scratch;
  expect_error(ErrorCode::kInternal, {"\"a\""}, [&] {
    write_safetensors(scratch / "a", {{"a", view_of(DType::kF32, {2}, "1234")}});
  });
  EXPECT_FALSE(fs::exists(scratch / "a"));
}

TEST(Safetensors, TheFingerprintSeesNamesTypesShapesAndBytes) {
  const std::string four("\x01\x02\x03\x04", 4), other("\x01\x02\x03\x05", 4);
  const auto of = [](const char* name, DType dtype, std::vector<int64_t> shape,
                     const std::string& bytes) {
    return fingerprint({{name, view_of(dtype, std::move(shape), bytes)}});
  };
  const auto base = of("a", DType::kU8, {2, 2}, four);
  EXPECT_EQ(of("a", DType::kU8, {2, 2}, four), base);
  EXPECT_NE(of("b", DType::kU8, {2, 2}, four), base);
  EXPECT_NE(of("a", DType::kI8, {2, 2}, four), base);
  EXPECT_NE(of("a", DType::kU8, {4, 1}, four), base);
  EXPECT_NE(of("a", DType::kU8, {2, 2}, other), base);
}

}  // namespace
}  // namespace clipstill::bundle
