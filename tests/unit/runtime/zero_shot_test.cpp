#include "runtime/zero_shot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../core/expect_error.h"
#include "fixture.h"
#include "runtime/image_encoder.h"

namespace clipstill::runtime {
namespace {

const RuntimeOptions kOneThread{.threads = 1};
const StringList kPlain{"{}"};

TEST(ZeroShot, AgreesWithTheReferenceLibraries) {
  const BundleFolder folder(kBundle);
  const ImageEncoder images(folder, kOneThread);
  const auto labels = expected()["labels"].get<StringList>();
  const ZeroShotClassifier classifier(TextEncoder(folder, kOneThread), labels, kPlain);
  for (const auto& [name, probabilities] : expected()["probabilities"].items()) {
    std::vector<float> embedding(16);
    const std::vector<fs::path> file{kImages / name};
    images.embed_files(file, embedding);
    const auto scores = classifier.classify(embedding, labels.size());
    ASSERT_EQ(scores.size(), labels.size());
    for (const auto& score : scores) {
      EXPECT_NEAR(score.probability, probabilities[score.label].get<float>(), 1e-4) << name;
    }
    EXPECT_TRUE(std::ranges::is_sorted(scores, std::greater(), &LabelScore::probability));
  }
}

// A class of two sentences is the normalised mean of their embeddings.
TEST(ZeroShot, TemplatesAreAveraged) {
  const BundleFolder folder(kBundle);
  const TextEncoder encoder(folder, kOneThread);
  const StringList labels{"red", "green"}, templates{"{} disc", "{} {}"};
  const ZeroShotClassifier classifier(encoder, labels, templates);
  const std::vector<std::string_view> prompts{"red disc", "red red", "green disc", "green green"};
  std::vector<float> rows(4 * 16);
  encoder.embed(prompts, rows);
  const std::span image = std::span(rows).first(16);
  double logits[2];
  for (size_t c = 0; c < 2; ++c) {
    double product = 0, square = 0;
    for (size_t i = 0; i < 16; ++i) {
      const double sum = rows[c * 32 + i] + rows[c * 32 + 16 + i];
      product += sum * image[i];
      square += sum * sum;
    }
    logits[c] = encoder.config().logit_scale * product / std::sqrt(square);
  }
  const auto scores = classifier.classify(image, 1);
  ASSERT_EQ(scores.size(), 1u);
  EXPECT_EQ(scores[0].label, 0u);
  EXPECT_NEAR(scores[0].probability, 1 / (1 + std::exp(logits[1] - logits[0])), 1e-5);
}

TEST(ZeroShot, RefusesWhatCannotBeClassified) {
  const BundleFolder folder(kBundle);
  const TextEncoder encoder(folder, kOneThread);
  const StringList one{"red"}, none, without_place{"a photo"};
  expect_error(ErrorCode::kUsage, {"label"}, [&] { ZeroShotClassifier(encoder, none, kPlain); });
  expect_error(ErrorCode::kUsage, {"template"}, [&] { ZeroShotClassifier(encoder, one, none); });
  expect_error(ErrorCode::kUsage, {"a photo", "{}"},
               [&] { ZeroShotClassifier(encoder, one, without_place); });
}

}  // namespace
}  // namespace clipstill::runtime
