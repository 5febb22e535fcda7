#include "data/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "../core/expect_error.h"
#include "memory_pairs.h"
#include "text/vocabulary.h"

namespace clipstill::data {
namespace {

using testing::Each;

image::AugmentPolicy strong() {
  image::AugmentPolicy policy;
  policy.brightness = 0.5;
  return policy;
}

class LoaderTest : public testing::Test {
 protected:
  explicit LoaderTest(std::vector<PairRecord> records = numbered_records(20, 2))
      : set_(whole_set(std::make_shared<MemoryPairs>(std::move(records), [this](size_t i) {
          ++reads_;
          return i == broken_ ? "no image" : png(static_cast<uint8_t>(10 * i), 100, 7, 8);
        }))) {
    preprocess_.size = 8;
    const std::vector<std::string_view> corpus(set_.texts().begin(), set_.texts().end());
    tokenizer_ = text::build_wordpiece(corpus, 60);
    options_.batch = 6;
    options_.context = 8;
  }

  std::vector<Batch> load(int64_t first, int64_t count,
                          std::span<const TeacherCache> teachers = {}) {
    Loader loader({set_, *tokenizer_, preprocess_, policy_, teachers}, options_, first);
    std::vector<Batch> batches;
    for (int64_t i = 0; i < count; ++i) batches.push_back(loader.next());
    return batches;
  }

  std::atomic<int> reads_ = 0;
  size_t broken_ = SIZE_MAX;
  PairSet set_;
  image::Preprocess preprocess_;
  image::AugmentPolicy policy_ = strong();
  std::unique_ptr<text::Tokenizer> tokenizer_;
  LoaderOptions options_;
};

void expect_same(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.samples, b.samples);
  EXPECT_EQ(a.texts, b.texts);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.matches, b.matches);
  EXPECT_EQ(a.tokens.ids, b.tokens.ids);
  EXPECT_TRUE(a.images == b.images);
}

TEST_F(LoaderTest, ABatchIsAFunctionOfItsStep) {
  options_.workers = 1;
  options_.prefetch = 1;
  const auto slow = load(0, 8);
  options_.workers = 4;
  options_.prefetch = 9;
  const auto fast = load(0, 8), later = load(5, 3);
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(slow[i].step, i);
    expect_same(slow[i], fast[i]);
  }
  for (int64_t i = 0; i < 3; ++i) expect_same(slow[5 + i], later[i]);
}

TEST_F(LoaderTest, JoinsWhatBelongsTogether) {
  for (const auto& batch : load(0, 4)) {
    ASSERT_EQ(batch.samples.size(), 6u);
    EXPECT_EQ(batch.images.size(), 6u * 3 * 8 * 8);
    EXPECT_EQ(batch.tokens.rows, 6);
    EXPECT_TRUE(batch.teachers.empty());
    for (size_t i = 0; i < 6; ++i) {
      const int64_t sample = batch.samples[i];
      EXPECT_EQ(batch.labels[i], set_.label(sample));
      EXPECT_EQ(set_.texts()[batch.texts[i]], "text " + std::to_string(sample));
      for (size_t j = 0; j < 6; ++j) {
        EXPECT_EQ(batch.matches.at(6 * i + j), batch.labels[i] == batch.labels[j]);
      }
      std::vector<text::Token> tokens;
      tokenizer_->encode("text " + std::to_string(sample), 8, tokens);
      for (size_t t = 0; t < tokens.size(); ++t) {
        EXPECT_EQ(batch.tokens.ids[i * batch.tokens.length + t], tokens[t].id);
      }
    }
  }
}

TEST_F(LoaderTest, PixelsAreThoseThatTheTeacherSees) {
  options_.views = 2;
  options_.view_seed = 9;
  std::vector<float> expected(3 * 8 * 8);
  for (const auto& batch : load(0, 9)) {  // three epochs of three steps
    const int64_t view = batch.step / 3 % 2;
    for (size_t i = 0; i < 6; ++i) {
      load_views(set_, preprocess_, policy_, 9, batch.samples[i], view, 1, expected);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                             batch.images.begin() + static_cast<int64_t>(i * expected.size())));
    }
  }
}

TEST_F(LoaderTest, ViewsCycleOrGoOnForEver) {
  const auto view_of = [&](int64_t views, int64_t epoch) {
    options_.views = views;
    options_.batch = 20;
    auto batch = load(epoch, 1).front();
    std::map<int64_t, std::vector<float>> by_sample;
    const size_t size = batch.images.size() / 20;
    for (size_t i = 0; i < 20; ++i) {
      by_sample[batch.samples[i]] = {batch.images.begin() + static_cast<int64_t>(i * size),
                                     batch.images.begin() + static_cast<int64_t>((i + 1) * size)};
    }
    return by_sample;
  };
  EXPECT_EQ(view_of(2, 0), view_of(2, 2));
  EXPECT_NE(view_of(2, 0), view_of(2, 1));
  EXPECT_EQ(view_of(0, 1), view_of(2, 1));
  EXPECT_NE(view_of(0, 2), view_of(0, 0));
}

TEST_F(LoaderTest, ABadImageIsRethrownNamingIt) {
  broken_ = 3;
  for (const int64_t workers : {1, 3}) {
    options_.workers = workers;
    expect_error(ErrorCode::kBadData, {"r3.png"}, [&] { load(0, 3); });  // one epoch
  }
}

TEST_F(LoaderTest, GoesWithoutBeingAsked) {
  options_.workers = 3;
  for (int i = 0; i < 20; ++i) load(i, i % 2);  // workers are waiting, or at work
}

TEST_F(LoaderTest, ImagesForEvaluationAreNotAugmented) {
  const auto images = load_images(set_, preprocess_, 3, 2);
  ASSERT_EQ(images.size(), 2u * 3 * 8 * 8);
  for (int64_t i = 0; i < 2; ++i) {
    const float red =
        (static_cast<float>(10 * (3 + i)) / 255 - preprocess_.mean[0]) / preprocess_.std[0];
    EXPECT_THAT(std::vector<float>(images.begin() + i * 192, images.begin() + i * 192 + 64),
                Each(testing::FloatNear(red, 1e-5f)));
  }
}

class TextChoice : public LoaderTest {
 protected:
  TextChoice()
      : LoaderTest({record("a", {{"one", "en", ""}, {"two", "en", ""}, {"三", "zh", ""}}, "a"),
                    record("b", {{"four", "en", ""}, {"五", "zh", ""}, {"六", "zh", ""}}, "b")}) {
    options_.batch = 2;
  }
  // Share of each text over many epochs.
  std::map<std::string, double> shares(double primary) {
    options_.primary_text = primary;
    constexpr int kSteps = 3000;
    std::map<std::string, double> shares;
    for (const auto& batch : load(0, kSteps)) {
      for (const int64_t text : batch.texts) shares[set_.texts()[text]] += 1.0 / kSteps;
    }
    return shares;
  }
};

TEST_F(TextChoice, LanguagesAreEvenAndTheFirstTextHasItsProbability) {
  auto found = shares(0.7);
  EXPECT_NEAR(found["one"], 0.35, 0.03);
  EXPECT_NEAR(found["two"], 0.15, 0.03);
  EXPECT_NEAR(found["三"], 0.5, 0.03);
  EXPECT_NEAR(found["four"], 0.5, 0.03);
  EXPECT_NEAR(found["五"], 0.35, 0.03);
  found = shares(1);
  EXPECT_EQ(found.count("two"), 0u);
  EXPECT_EQ(found.count("六"), 0u);
}

TEST_F(TextChoice, IsAFunctionOfTheStep) {
  options_.workers = options_.prefetch = 1;
  const auto slow = load(0, 30);
  options_.workers = 4;
  options_.prefetch = 9;
  const auto fast = load(0, 30), later = load(13, 17);
  for (size_t i = 0; i < 30; ++i) expect_same(slow[i], fast[i]);
  for (size_t i = 0; i < 17; ++i) expect_same(slow[13 + i], later[i]);
}

class NoText : public LoaderTest {};

TEST_F(NoText, ARecordWithoutAUsableTextIsNamed) {
  const auto source = std::make_shared<MemoryPairs>(std::vector<PairRecord>{
      record("a", {{"one", "en", ""}}, "a"), record("b", {{"deux", "fr", ""}}, "b")});
  const auto set = whole_set(source, {"en"});
  options_.batch = 2;
  Loader loader({set, *tokenizer_, preprocess_, policy_}, options_, 0);
  expect_error(ErrorCode::kBadData, {"memory:b", "no text in the chosen languages"},
               [&] { loader.next(); });
}

// Tells samples, views and texts, times `factor`.
TeacherEmbedder telling_embedder(int64_t views, float factor) {
  TeacherEmbedder embedder;
  embedder.dim = 2;
  embedder.images = [=](int64_t first, int64_t count) {
    std::vector<float> out;
    for (int64_t s = first; s < first + count; ++s) {
      for (int64_t v = 0; v < views; ++v) {
        out.push_back(factor * static_cast<float>(s));
        out.push_back(factor * static_cast<float>(v));
      }
    }
    return out;
  };
  embedder.texts = [=](int64_t first, int64_t count) {
    std::vector<float> out;
    for (int64_t t = first; t < first + count; ++t) {
      out.push_back(factor * static_cast<float>(t));
      out.push_back(-1);
    }
    return out;
  };
  return embedder;
}

TEST_F(LoaderTest, TheTeachersRowsAreThoseOfSampleViewAndText) {
  const ScratchFolder scratch;
  constexpr int64_t kViews = 3;
  const CacheIdentity identity{{{"data set", set_.fingerprint()}}, 1, kViews};
  std::vector<TeacherCache> caches;
  for (const float factor : {1.0f, 4.0f}) {
    const auto folder = scratch / std::to_string(caches.size());
    write_teacher_cache(folder, identity, set_.size(), static_cast<int64_t>(set_.texts().size()),
                        telling_embedder(kViews, factor));
    caches.emplace_back(folder, identity);
  }
  options_.views = kViews;
  for (const auto& batch : load(0, 12, caches)) {
    ASSERT_EQ(batch.teachers.size(), 2u);
    for (size_t k = 0; k < 2; ++k) {
      const auto& [images, texts] = batch.teachers[k];
      const float factor = k == 0 ? 1 : 4;
      ASSERT_EQ(images.size(), 6u * 2);
      ASSERT_EQ(texts.size(), 6u * 2);
      for (size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(images[2 * i], factor * static_cast<float>(batch.samples[i]));
        EXPECT_EQ(images[2 * i + 1], factor * static_cast<float>(batch.step / 3 % kViews));
        EXPECT_EQ(texts[2 * i], factor * static_cast<float>(batch.texts[i]));
      }
    }
  }
}

}  // namespace
}  // namespace clipstill::data
