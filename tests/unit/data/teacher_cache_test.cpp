#include "data/teacher_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "core/half.h"
#include "core/interrupt.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;

constexpr int64_t kDim = 3, kViews = 2, kTexts = 4700;
constexpr int64_t kSamples = 2100;  // three shards, the last one short

CacheIdentity identity() {
  return {{{"teacher weights", "aa"}, {"augmentation", "bb"}, {"data set", "cc"}}, 5, kViews};
}

float image_value(int64_t sample, int64_t view, int64_t i) {
  return static_cast<float>((sample * kViews + view) * kDim + i) / 4096;
}
float text_value(int64_t text, int64_t i) {
  return -static_cast<float>((text * kDim + i) % 2048) / 1024;  // exact in half precision
}

class Cache : public testing::Test {
 protected:
  ~Cache() override { request_interrupt(false); }

  // Counts the samples that were asked for; `before_chunk` sees each request.
  TeacherEmbedder embedder() {
    TeacherEmbedder e;
    e.name = "big teacher";
    e.dim = kDim;
    e.scale = 14.25;
    e.images = [this](int64_t first, int64_t count) {
      if (before_chunk_) before_chunk_(first);
      embedded_ += count;
      std::vector<float> out;
      for (int64_t s = first; s < first + count; ++s) {
        for (int64_t v = 0; v < kViews; ++v) {
          for (int64_t i = 0; i < kDim; ++i) out.push_back(image_value(s, v, i));
        }
      }
      return out;
    };
    e.texts = [this](int64_t first, int64_t count) {
      if (before_texts_) before_texts_(first);
      std::vector<float> out;
      for (int64_t t = first; t < first + count; ++t) {
        for (int64_t i = 0; i < kDim; ++i) out.push_back(text_value(t, i));
      }
      return out;
    };
    return e;
  }
  int64_t write(const CacheIdentity& of = identity(), CachePart part = CachePart::kAll) {
    return write_teacher_cache(folder(), of, kSamples, kTexts, embedder(), part);
  }
  fs::path folder() const { return scratch_ / "cache"; }
  fs::path file(const std::string& name) const { return folder() / name; }
  std::map<std::string, std::string> content() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder())) {
      files[entry.path().filename()] = read_file(entry.path());
    }
    return files;
  }
  void expect_refused(const CacheIdentity& asked, const std::vector<std::string>& words) {
    auto all = words;
    all.push_back(file("cache.json").string());
    all.emplace_back("clipstill teacher embed");
    expect_error(ErrorCode::kBadData, all, [&] { TeacherCache(folder(), asked); });
    const auto before = content();
    expect_error(ErrorCode::kBadData, all, [&] { write(asked); });
    EXPECT_EQ(content(), before) << "it was written over";
  }

  ScratchFolder scratch_;
  int64_t embedded_ = 0;
  std::function<void(int64_t)> before_chunk_, before_texts_;
};

TEST_F(Cache, HoldsEveryViewAndTextInHalfPrecision) {
  EXPECT_EQ(write(), kSamples + kTexts);
  const TeacherCache cache(folder(), identity());
  EXPECT_EQ(cache.samples(), kSamples);
  EXPECT_EQ(cache.views(), kViews);
  EXPECT_EQ(cache.dim(), kDim);
  EXPECT_EQ(cache.scale(), 14.25);
  EXPECT_EQ(cache.name(), "big teacher");
  const auto rounded = [](float value) { return half_to_float(float_to_half(value)); };
  for (const int64_t sample : {0, 63, 64, 1023, 1024, 2047, 2048, 2099}) {
    for (int64_t view = 0; view < kViews; ++view) {
      std::vector<float> out{9};  // append: what is there stays
      cache.append_image(sample, view, out);
      EXPECT_THAT(out, ElementsAre(9, rounded(image_value(sample, view, 0)),
                                   rounded(image_value(sample, view, 1)),
                                   rounded(image_value(sample, view, 2))));
    }
  }
  for (const int64_t text : {0, 63, 64, 4095, 4096, 4699}) {
    std::vector<float> out;
    cache.append_text(text, out);
    EXPECT_THAT(out, ElementsAre(rounded(text_value(text, 0)), rounded(text_value(text, 1)),
                                 rounded(text_value(text, 2))));
  }
}

TEST_F(Cache, ASecondRunHasNothingToDo) {
  write();
  const auto before = content();
  EXPECT_EQ(write(), 0);
  EXPECT_EQ(content(), before);
  EXPECT_EQ(embedded_, kSamples);
}

TEST_F(Cache, AnInterruptedRunKeepsItsWholeShards) {
  write();
  const auto expected = content();
  fs::remove_all(folder());
  embedded_ = 0;
  before_chunk_ = [](int64_t first) { request_interrupt(first >= 1024 + 128); };
  expect_error(ErrorCode::kInterrupted, {folder().string()}, [&] { write(); });
  request_interrupt(false);
  before_chunk_ = {};
  expect_error(ErrorCode::kMissingFile, {"unfinished"},
               [&] { TeacherCache(folder(), identity()); });
  embedded_ = 0;
  EXPECT_EQ(write(), kSamples - 1024 + kTexts);
  EXPECT_EQ(embedded_, kSamples - 1024);
  EXPECT_EQ(content(), expected);
}

TEST_F(Cache, AnInterruptAmongTheTextsKeepsTheirWholeShards) {
  before_texts_ = [](int64_t first) { request_interrupt(first >= 4096 + 64); };
  expect_error(ErrorCode::kInterrupted, {folder().string()}, [&] { write(); });
  request_interrupt(false);
  int64_t first_asked = -1;
  before_texts_ = [&](int64_t first) { first_asked = first_asked < 0 ? first : first_asked; };
  EXPECT_EQ(write(), kTexts - 4096);
  EXPECT_EQ(first_asked, 4096);
  EXPECT_EQ(TeacherCache(folder(), identity()).samples(), kSamples);
}

TEST_F(Cache, EitherHalfCompletesTheOther) {
  write();
  const auto expected = content();
  struct Half {
    CachePart part;
    int64_t rows;
    std::string message;
  };
  const Half images{CachePart::kImages, kSamples, "it has images, and no texts"};
  const Half texts{CachePart::kTexts, kTexts, "it has texts, and no images"};
  for (const auto& [first, second] : {std::pair(images, texts), std::pair(texts, images)}) {
    fs::remove_all(folder());
    EXPECT_EQ(write(identity(), first.part), first.rows);
    expect_error(ErrorCode::kMissingFile, {folder().string(), "unfinished", first.message},
                 [&] { TeacherCache(folder(), identity()); });
    EXPECT_EQ(write(identity(), first.part), 0) << "done, and still no cache";
    EXPECT_FALSE(fs::exists(file("cache.json")));
    EXPECT_EQ(write(identity(), second.part), second.rows);
    EXPECT_EQ(content(), expected);
  }
  // A half whose end is missing is not whole.
  fs::remove(file("cache.json"));
  fs::remove(file("texts-00001.safetensors"));
  EXPECT_EQ(write(identity(), CachePart::kImages), 0);
  EXPECT_FALSE(fs::exists(file("cache.json")));
  EXPECT_EQ(write(), kTexts - 4096);
  EXPECT_EQ(content(), expected);
}

TEST_F(Cache, ADamagedShardIsWrittenAnew) {
  write();
  const auto expected = content();
  fs::resize_file(file("images-00001.safetensors"), 500);
  expect_error(ErrorCode::kBadData, {file("images-00001.safetensors").string()},
               [&] { TeacherCache(folder(), identity()); });
  EXPECT_EQ(write(), 1024);
  EXPECT_EQ(content(), expected);
  auto bytes = expected.at("images-00002.safetensors");
  bytes.back() ^= 1;  // a number among the last sample's
  write_file(file("images-00002.safetensors"), bytes);
  expect_error(ErrorCode::kBadData, {file("images-00002.safetensors").string(), "damaged"},
               [&] { TeacherCache(folder(), identity()); });
  EXPECT_EQ(write(), kSamples - 2048);
  EXPECT_EQ(content(), expected);
  fs::remove(file("texts-00001.safetensors"));
  expect_error(ErrorCode::kMissingFile, {file("texts-00001.safetensors").string()},
               [&] { TeacherCache(folder(), identity()); });
  EXPECT_EQ(write(), kTexts - 4096);
  EXPECT_EQ(content(), expected);
}

TEST_F(Cache, EveryDifferenceIsNamedAndNothingIsLost) {
  write();
  for (const std::string name : {"teacher weights", "augmentation", "data set"}) {
    auto other = identity();
    other.fingerprints[name] = "zz";
    expect_refused(other, {"what differs: " + name + "."});
  }
  auto other = identity();
  other.view_seed = 6;
  other.views = 4;
  other.fingerprints["data set"] = "zz";
  expect_refused(other, {"data set", "view_seed (the cache has 5, 6 is asked for)",
                         "views (the cache has 2, 4 is asked for)"});
  other = identity();
  other.fingerprints["tokenizer"] = "new";  // one that the cache does not tell
  expect_refused(other, {"what differs: tokenizer."});
}

TEST_F(Cache, UnfinishedWorkForSomethingElseIsNotMixedIn) {
  write();
  fs::remove(file("cache.json"));
  auto other = identity();
  other.fingerprints["augmentation"] = "zz";
  EXPECT_EQ(write(other), kSamples + kTexts);
  static_cast<void>(TeacherCache(folder(), other));
}

TEST_F(Cache, AShardOfAnotherCacheIsRefused) {
  write();
  const auto mine = read_file(file("images-00000.safetensors"));
  fs::remove(file("cache.json"));
  auto other = identity();
  other.fingerprints["augmentation"] = "zz";
  write(other);
  write_file(file("images-00000.safetensors"), mine);
  expect_error(ErrorCode::kBadData, {file("images-00000.safetensors").string(), "of this cache"},
               [&] { TeacherCache(folder(), other); });
}

TEST_F(Cache, ADamagedIndexIsRefused) {
  write();
  const auto good = read_file(file("cache.json"));
  for (const auto& bad : {std::string("{"), std::string("{}"), std::string("[]"),
                          std::string(R"({"format":"clipstill-teacher-cache","version":2})"),
                          std::string(R"({"format":"clipstill-teacher-cache","version":1})"),
                          good.substr(0, good.size() / 2)}) {
    write_file(file("cache.json"), bad);
    expect_error(ErrorCode::kBadData, {file("cache.json").string()},
                 [&] { TeacherCache(folder(), identity()); });
    expect_error(ErrorCode::kBadData, {file("cache.json").string()}, [&] { write(); });
  }
}

TEST_F(Cache, WithoutACacheTheCommandIsNamed) {
  expect_error(ErrorCode::kMissingFile, {folder().string(), "clipstill teacher embed"},
               [&] { TeacherCache(folder(), identity()); });
}

}  // namespace
}  // namespace clipstill::data
