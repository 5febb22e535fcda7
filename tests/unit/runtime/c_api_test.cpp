// libclipstill through its installed headers; nothing else of clipstill is linked here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <thread>

#include "clipstill/clipstill.hpp"

namespace clipstill {
namespace {

using testing::HasSubstr;

const std::filesystem::path kBundle = CLIPSTILL_TEST_DATA "/bundle/v1";
const std::filesystem::path kImages = CLIPSTILL_TEST_DATA "/bundle/images";
constexpr std::array<std::string_view, 3> kTexts{"a red disc", "蓝色方块", "green"};

template <class Statement>
void expect_error(ErrorCode code, const std::string& word, Statement statement) {
  try {
    statement();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(word));
    return;
  }
  ADD_FAILURE() << "expected an Error, nothing was thrown";
}

float product(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<uint8_t> read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Cpp, ImagesLieNearTheirTexts) {
  const auto texts = TextEncoder::load(kBundle).embed(kTexts);
  const std::vector<std::filesystem::path> files{
      kImages / "red-disc.png", kImages / "blue-square.png", kImages / "green-disc.webp"};
  const auto encoder = ImageEncoder::load(kBundle, {.threads = 1, .batch = 2, .arena = false});
  const auto images = encoder.embed(files);
  ASSERT_EQ(texts.rows(), 3u);
  ASSERT_EQ(images.rows(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(product(texts.row(i), texts.row(i)), 1, 1e-5);
    EXPECT_NEAR(product(images.row(i), images.row(i)), 1, 1e-5);
    for (size_t j = 0; j < 3; ++j) {
      if (i == j) continue;
      EXPECT_GT(product(images.row(i), texts.row(i)), product(images.row(i), texts.row(j)));
    }
  }
  EXPECT_EQ(encoder.image_size(), 32u);
  EXPECT_EQ(encoder.logit_scale(), TextEncoder::load(kBundle).logit_scale());
}

TEST(Cpp, FilesMemoryAndTensorsGiveTheSame) {
  const auto encoder = ImageEncoder::load(kBundle);
  const std::vector<std::filesystem::path> files{kImages / "red-disc.png",
                                                 kImages / "green-disc.webp"};
  const auto from_files = encoder.embed(files);
  const auto first = read(files[0]), second = read(files[1]);
  const std::vector<std::span<const uint8_t>> memory{first, second};
  EXPECT_EQ(encoder.embed(memory).values, from_files.values);
  const auto preprocessor = ImagePreprocessor::load(kBundle);
  std::vector<float> tensors = preprocessor.preprocess(files[0]);
  const auto more = preprocessor.preprocess(files[1]);
  tensors.insert(tensors.end(), more.begin(), more.end());
  EXPECT_EQ(encoder.embed_tensors(tensors, 2).values, from_files.values);
}

TEST(Cpp, VerifiesABundle) {
  verify(kBundle);
  verify(kBundle, {.threads = 1});
  expect_error(ErrorCode::kMissingFile, "nowhere", [] { verify("nowhere"); });
}

TEST(Cpp, ErrorsCarryCodeAndMessage) {
  expect_error(ErrorCode::kMissingFile, "nowhere", [] { TextEncoder::load("nowhere"); });
  expect_error(ErrorCode::kUsage, "batch", [] { TextEncoder::load(kBundle, {.batch = 0}); });
  expect_error(ErrorCode::kMissingFile, "int8",
               [] { ImageEncoder::load(kBundle, {.precision = Precision::kInt8}); });
  const auto encoder = ImageEncoder::load(kBundle);
  const std::vector<uint8_t> nothing(3);
  const std::vector<std::span<const uint8_t>> images{nothing};
  expect_error(ErrorCode::kBadData, "image 0", [&] { encoder.embed(images); });
}

TEST(Cpp, NoTextsAreNoError) {
  EXPECT_EQ(TextEncoder::load(kBundle).embed({}).rows(), 0u);
  const std::vector<std::string_view> empty{std::string_view()};
  EXPECT_EQ(TextEncoder::load(kBundle).embed(empty).rows(), 1u);
}

TEST(C, TextsEndAtAZeroByteWithoutLengths) {
  clipstill_text_encoder* encoder = nullptr;
  ASSERT_EQ(clipstill_text_encoder_load(kBundle.c_str(), nullptr, &encoder), CLIPSTILL_OK);
  const char* texts[] = {"a red disc", "green"};
  const size_t lengths[] = {10, 5};
  std::array<float, 32> by_zero{}, by_length{};
  EXPECT_EQ(clipstill_text_encoder_embed(encoder, texts, nullptr, 2, by_zero.data(), 32),
            CLIPSTILL_OK);
  EXPECT_EQ(clipstill_text_encoder_embed(encoder, texts, lengths, 2, by_length.data(), 32),
            CLIPSTILL_OK);
  EXPECT_EQ(by_zero, by_length);
  EXPECT_EQ(clipstill_text_encoder_embed(encoder, texts, nullptr, 2, by_zero.data(), 31),
            CLIPSTILL_USAGE);
  EXPECT_THAT(clipstill_last_error(), HasSubstr("31"));
  clipstill_text_encoder_free(encoder);
}

TEST(C, NullArgumentsAreUsageErrors) {
  clipstill_text_encoder* text = nullptr;
  clipstill_image_encoder* image = nullptr;
  clipstill_tokenizer* tokenizer = nullptr;
  float out[16];
  EXPECT_EQ(clipstill_text_encoder_load(nullptr, nullptr, &text), CLIPSTILL_USAGE);
  EXPECT_EQ(clipstill_text_encoder_load("x", nullptr, nullptr), CLIPSTILL_USAGE);
  EXPECT_EQ(clipstill_image_encoder_load(nullptr, nullptr, &image), CLIPSTILL_USAGE);
  EXPECT_EQ(clipstill_tokenizer_load(nullptr, &tokenizer), CLIPSTILL_USAGE);
  EXPECT_EQ(clipstill_text_encoder_embed(nullptr, nullptr, nullptr, 1, out, 16), CLIPSTILL_USAGE);
  EXPECT_EQ(clipstill_image_encoder_embed_files(nullptr, nullptr, 1, out, 16), CLIPSTILL_USAGE);
  EXPECT_EQ(clipstill_verify(nullptr, nullptr), CLIPSTILL_USAGE);
  EXPECT_THAT(clipstill_last_error(), HasSubstr("must not be NULL"));
  clipstill_text_encoder_free(nullptr);
  clipstill_image_encoder_free(nullptr);
  clipstill_tokenizer_free(nullptr);
  clipstill_token_ids_free(nullptr);
  clipstill_image_preprocessor_free(nullptr);
}

// Whatever stood there before, a free after the failure does nothing.
TEST(C, WhatCannotBeMadeIsNull) {
  alignas(16) char nothing[64];
  const auto dangling = [&]<class Object>(Object*& object) {
    object = reinterpret_cast<Object*>(nothing);
    return &object;
  };
  for (const char* path : {static_cast<const char*>(nullptr), "nowhere"}) {
    clipstill_text_encoder* text;
    EXPECT_NE(clipstill_text_encoder_load(path, nullptr, dangling(text)), CLIPSTILL_OK);
    EXPECT_EQ(text, nullptr);
    clipstill_image_encoder* image;
    EXPECT_NE(clipstill_image_encoder_load(path, nullptr, dangling(image)), CLIPSTILL_OK);
    EXPECT_EQ(image, nullptr);
    clipstill_tokenizer* tokenizer;
    EXPECT_NE(clipstill_tokenizer_load(path, dangling(tokenizer)), CLIPSTILL_OK);
    EXPECT_EQ(tokenizer, nullptr);
  }
  clipstill_image_preprocessor* preprocessor;
  EXPECT_EQ(clipstill_image_preprocessor_load("nowhere", dangling(preprocessor)),
            CLIPSTILL_MISSING_FILE);
  EXPECT_EQ(preprocessor, nullptr);

  clipstill_tokenizer* tokenizer = nullptr;
  ASSERT_EQ(clipstill_tokenizer_load(kBundle.c_str(), &tokenizer), CLIPSTILL_OK);
  const char* texts[] = {"red"};
  clipstill_token_ids ids{1, 1, reinterpret_cast<int64_t*>(nothing), nullptr};
  EXPECT_EQ(clipstill_tokenizer_encode(tokenizer, texts, nullptr, 1, /*context=*/0, &ids),
            CLIPSTILL_USAGE);
  EXPECT_EQ(ids.ids, nullptr);
  EXPECT_EQ(ids.rows, 0);
  const char* token = nothing;
  size_t length = 7;
  EXPECT_EQ(clipstill_tokenizer_token(tokenizer, -1, &token, &length), CLIPSTILL_BAD_DATA);
  EXPECT_EQ(token, nullptr);
  clipstill_tokenizer_free(tokenizer);
}

TEST(C, OptionsOfAnotherHeaderAreRefused) {
  auto options = clipstill_default_options();
  clipstill_text_encoder* encoder = nullptr;
  options.size += 8;
  EXPECT_EQ(clipstill_text_encoder_load(kBundle.c_str(), &options, &encoder), CLIPSTILL_USAGE);
  EXPECT_THAT(clipstill_last_error(), HasSubstr("sizeof"));
  options = clipstill_default_options();
  options.precision = 7;
  EXPECT_EQ(clipstill_text_encoder_load(kBundle.c_str(), &options, &encoder), CLIPSTILL_USAGE);
  EXPECT_EQ(encoder, nullptr);
}

TEST(C, MessagesStayWithTheirThread) {
  clipstill_verify("nowhere", nullptr);
  const std::string before = clipstill_last_error();
  std::jthread([] {
    EXPECT_STREQ(clipstill_last_error(), "");
    clipstill_verify(nullptr, nullptr);
  }).join();
  EXPECT_EQ(clipstill_last_error(), before);
  clipstill_verify(std::string(100'000, 'x').c_str(), nullptr);  // longer than what is kept
  EXPECT_LT(std::string(clipstill_last_error()).size(), 5000u);
}

}  // namespace
}  // namespace clipstill
