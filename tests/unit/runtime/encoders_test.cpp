#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "../core/expect_error.h"
#include "core/log.h"
#include "fixture.h"
#include "runtime/image_encoder.h"
#include "runtime/text_encoder.h"

namespace clipstill::runtime {
namespace {

RuntimeOptions options(int64_t threads = 1, int64_t batch = 32) {
  return {.threads = threads, .batch = batch};
}

std::vector<float> embed(const TextEncoder& encoder, const std::vector<std::string_view>& texts) {
  std::vector<float> out(texts.size() * static_cast<size_t>(encoder.width()));
  encoder.embed(texts, out);
  return out;
}

std::vector<float> embed(const ImageEncoder& encoder, const std::vector<fs::path>& files) {
  std::vector<float> out(files.size() * static_cast<size_t>(encoder.width()));
  encoder.embed_files(files, out);
  return out;
}

TEST(TextEncoder, AgreesWithTheReferenceLibraries) {
  const BundleFolder folder(kBundle);
  const TextEncoder encoder(folder, options());
  for (const auto& [text, embedding] : expected()["texts"].items()) {
    SCOPED_TRACE(text);
    expect_near(embed(encoder, {text}), embedding.get<std::vector<float>>());
  }
}

// Padding, order and the size of a batch must not matter.
TEST(TextEncoder, ATextDoesNotDependOnItsCompany) {
  const BundleFolder folder(kBundle);
  std::vector<std::string> texts;
  std::vector<float> alone;
  const TextEncoder one(folder, options());
  for (int i = 0; i < 3; ++i) {
    for (const auto& [text, embedding] : expected()["texts"].items()) {
      texts.push_back(text);
      const auto row = embed(one, {text});
      alone.insert(alone.end(), row.begin(), row.end());
    }
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  for (const int64_t batch : {1, 2, 7, 64}) {
    const TextEncoder encoder(folder, options(/*threads=*/2, batch));
    expect_near(embed(encoder, views), alone);
  }
}

TEST(ImageEncoder, AgreesWithTheReferenceLibraries) {
  const BundleFolder folder(kBundle);
  const ImageEncoder encoder(folder, options());
  for (const auto& [name, embedding] : expected()["images"].items()) {
    SCOPED_TRACE(name);
    expect_near(embed(encoder, {kImages / name}), embedding.get<std::vector<float>>());
  }
}

TEST(ImageEncoder, AnImageDoesNotDependOnItsCompany) {
  const BundleFolder folder(kBundle);
  std::vector<fs::path> files;
  std::vector<float> wanted;
  for (int i = 0; i < 3; ++i) {
    for (const auto& [name, embedding] : expected()["images"].items()) {
      files.push_back(kImages / name);
      for (const float value : embedding) wanted.push_back(value);
    }
  }
  for (const int64_t batch : {1, 4, 64}) {
    const ImageEncoder encoder(folder, options(/*threads=*/3, batch));
    expect_near(embed(encoder, files), wanted);
  }
}

TEST(ImageEncoder, NamesTheImageThatIsWrong) {
  const BundleFolder folder(kBundle);
  const ImageEncoder encoder(folder, options());
  const BundleCopy copy;
  write_file(copy / "cut.png", read_file(kImages / "red-disc.png").substr(0, 60));
  expect_error(ErrorCode::kBadData, {"cut.png"}, [&] {
    embed(encoder, {kImages / "red-disc.png", copy / "cut.png"});
  });
  expect_error(ErrorCode::kMissingFile, {"nowhere.png"}, [&] { embed(encoder, {"nowhere.png"}); });
}

TEST(Encoders, RefuseRoomOfAnotherSize) {
  const BundleFolder folder(kBundle);
  const TextEncoder texts(folder, options());
  const ImageEncoder images(folder, options());
  std::vector<float> out(17), tensors(5);
  const std::vector<std::string_view> text{"x"};
  const std::vector<fs::path> file{kImages / "red-disc.png"};
  expect_error(ErrorCode::kUsage, {"17", "1 x 16"}, [&] { texts.embed(text, out); });
  expect_error(ErrorCode::kUsage, {"17", "1 x 16"}, [&] { images.embed_files(file, out); });
  expect_error(ErrorCode::kUsage, {"5 floats", "1 x 3072"},
               [&] { images.embed_tensors(tensors, 1, std::span(out).first(16)); });
  texts.embed({}, {});
  images.embed_files({}, {});
}

TEST(Encoders, LoadOnlyTheirOwnTower) {
  const BundleFolder folder(kBundle);
  const BundleCopy without_images, without_texts;
  fs::remove(without_images / "onnx/image_encoder.onnx");
  fs::remove(without_images / "preprocessor_config.json");
  EXPECT_EQ(TextEncoder(BundleFolder(without_images.path()), options()).width(), 16);
  fs::remove(without_texts / "onnx/text_encoder.onnx");
  fs::remove(without_texts / "tokenizer.json");
  EXPECT_EQ(ImageEncoder(BundleFolder(without_texts.path()), options()).width(), 16);
}

TEST(Encoders, ServeSeveralThreadsAtOnce) {
  const BundleFolder folder(kBundle);
  const TextEncoder texts(folder, options(/*threads=*/2));
  const ImageEncoder images(folder, options(/*threads=*/2));
  const auto text = expected()["texts"].begin();
  const auto image = expected()["images"].begin();
  std::vector<std::jthread> users;
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&] {
      for (int i = 0; i < 8; ++i) {
        expect_near(embed(texts, {text.key()}), text.value().get<std::vector<float>>());
        expect_near(embed(images, {kImages / image.key()}),
                    image.value().get<std::vector<float>>());
      }
    });
  }
}

TEST(Encoders, OptionsOfAnyKindGiveTheSame) {
  const BundleFolder folder(kBundle);
  const auto text = expected()["texts"].begin();
  auto without_arena = options(/*threads=*/0);
  without_arena.arena = false;
  const TextEncoder encoder(folder, without_arena);
  expect_near(embed(encoder, {text.key()}), text.value().get<std::vector<float>>());
}

TEST(Encoders, RefuseOptionsThatCannotBe) {
  const BundleFolder folder(kBundle);
  for (const auto& [key, bad] :
       std::map<std::string, RuntimeOptions>{{"threads", {.threads = -1}},
                                             {"batch", {.batch = 0}},
                                             {"precision", {.precision = "fp16"}}}) {
    expect_error(ErrorCode::kUsage, {key}, [&] { TextEncoder(folder, bad); });
    expect_error(ErrorCode::kUsage, {key}, [&] { ImageEncoder(folder, bad); });
  }
}

TEST(Encoders, SayThatABundleHasNoInt8) {
  const BundleFolder folder(kBundle);
  EXPECT_TRUE(folder.has_precision("fp32"));
  EXPECT_FALSE(folder.has_precision("int8"));
  expect_error(ErrorCode::kMissingFile, {"text_encoder_int8.onnx", "use precision fp32"},
               [&] { TextEncoder(folder, {.precision = "int8"}); });
}

TEST(Encoders, PrintNothing) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const BundleFolder folder(kBundle);
  embed(TextEncoder(folder, options()), {"red"});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace clipstill::runtime
