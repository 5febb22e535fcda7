// Metrics of models whose embeddings are written down, on sets with gaps and repeated texts.
#include "evaluation/evaluate.h"

#include <gtest/gtest.h>

#include <numeric>

#include "../data/memory_pairs.h"

namespace clipstill::evaluation {
namespace {

constexpr int64_t kAxes = 4;

std::vector<float> on_axes(const std::vector<int>& axes) {
  std::vector<float> values(axes.size() * kAxes);
  for (size_t i = 0; i < axes.size(); ++i) values[i * kAxes + static_cast<size_t>(axes[i])] = 1;
  return values;
}

Evaluation evaluated(std::vector<data::PairRecord> records,
                     const std::vector<std::string>& languages, const std::vector<int>& image_axes,
                     const std::map<std::string, int>& text_axes) {
  const auto source = std::make_shared<data::MemoryPairs>(std::move(records));
  const auto set = data::whole_set(source, languages);
  return evaluate(set, {.width = kAxes,
                        .images = [&](const data::PairSet&) { return on_axes(image_axes); },
                        .texts =
                            [&](const std::vector<std::string>& asked) {
                              std::vector<int> axes;
                              for (const auto& text : asked) axes.push_back(text_axes.at(text));
                              return on_axes(axes);
                            }});
}

double mean(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Captions as users have them: no labels, and some of them more than once.
TEST(Evaluate, ImagesWithTheSameCaptionAreEachOthersAnswer) {
  const auto of = [](const char* id, const char* text) {
    return data::record(id, {{text, "en", ""}}, /*label=*/id);
  };
  const auto perfect =
      evaluated({of("a", "dog"), of("b", "cat"), of("c", "dog"), of("d", "cat"), of("e", "cow")},
                {"en"}, {0, 1, 0, 1, 2}, {{"dog", 0}, {"cat", 1}, {"cow", 2}});
  for (const auto& [name, value] : perfect.metrics) EXPECT_EQ(value, 1) << name;
  EXPECT_NEAR(mean(perfect.hits), 1, 1e-6);

  // The third picture looks like a cat. "dog" finds the first; "cat" finds the two others too.
  const auto wrong =
      evaluated({of("a", "dog"), of("b", "cat"), of("c", "dog"), of("d", "cat"), of("e", "cow")},
                {"en"}, {0, 1, 1, 1, 2}, {{"dog", 0}, {"cat", 1}, {"cow", 2}});
  EXPECT_DOUBLE_EQ(wrong.metrics.at("en/image_to_text/recall@1"), 4.0 / 5);
  EXPECT_DOUBLE_EQ(wrong.metrics.at("en/text_to_image/recall@1"), 2.0 / 3);  // a tie is no answer
  EXPECT_DOUBLE_EQ(wrong.metrics.at("en/zero_shot/accuracy"), 4.0 / 5);
}

// Three images in English and one in Chinese: each language is half of the mean, and so of what
// intervals are drawn over.
TEST(Evaluate, HitsHaveTheMeanOfTheTable) {
  const auto of = [](const char* id, const char* text, const char* language) {
    return data::record(id, {{text, language, ""}}, /*label=*/id);
  };
  const auto result = evaluated(
      {of("a", "dog", "en"), of("b", "cat", "en"), of("c", "dog", "en"), of("d", "牛", "zh")},
      {"en", "zh"}, {0, 1, 0, 3}, {{"dog", 0}, {"cat", 2}, {"牛", 1}});
  // Right: in English two of three images and "dog" of two texts. "cat" is as far from all; in
  // Chinese there is one text for the one image that asks, but another image is nearer to it.
  EXPECT_DOUBLE_EQ(result.metrics.at("en/image_to_text/recall@1"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(result.metrics.at("en/text_to_image/recall@1"), 1.0 / 2);
  EXPECT_DOUBLE_EQ(result.metrics.at("zh/image_to_text/recall@1"), 1);
  EXPECT_DOUBLE_EQ(result.metrics.at("zh/text_to_image/recall@1"), 0);
  EXPECT_NEAR(mean(result.hits), result.metrics.at("mean/recall@1"), 1e-7);
  // Of 4 images, 1/4 for each direction: an image 4/4/3, "dog" 4/4/2 shared by two.
  EXPECT_NEAR(result.hits[0], 1.0 / 3 + 1.0 / 4, 1e-7);
  EXPECT_NEAR(result.hits[1], 0, 1e-7);
  EXPECT_NEAR(result.hits[3], 1, 1e-7);
}

}  // namespace
}  // namespace clipstill::evaluation
