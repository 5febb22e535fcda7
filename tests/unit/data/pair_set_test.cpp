#include "data/pair_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "memory_pairs.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<MemoryPairs> animals() {
  return std::make_shared<MemoryPairs>(std::vector<PairRecord>{
      record("0", {{"cat", "en", ""}, {"kitty", "en", ""}, {"猫", "zh", ""}}, "cat"),
      record("1", {{"dog", "en", ""}}, "dog"),
      record("2", {{"猫", "zh", ""}, {"cat", "en", ""}, {"chat", "fr", ""}}, "cat"),
      record("3", {{"oiseau", "fr", ""}}, "bird")});
}

std::vector<std::string> texts_of(const PairSet& set, int64_t sample, size_t language) {
  std::vector<std::string> texts;
  for (const int64_t id : set.texts_of(sample)[language]) texts.push_back(set.texts()[id]);
  return texts;
}

TEST(PairSet, TextsByLanguageTheFirstOneFirst) {
  const auto set = whole_set(animals(), {"en", "zh"});
  EXPECT_EQ(set.size(), 4);
  EXPECT_THAT(set.languages(), ElementsAre("en", "zh"));
  EXPECT_THAT(set.texts(), ElementsAre("cat", "kitty", "猫", "dog"));  // each once
  EXPECT_THAT(texts_of(set, 0, 0), ElementsAre("cat", "kitty"));
  EXPECT_THAT(texts_of(set, 0, 1), ElementsAre("猫"));
  EXPECT_THAT(texts_of(set, 2, 0), ElementsAre("cat"));
  EXPECT_THAT(texts_of(set, 1, 1), IsEmpty());
  EXPECT_THAT(texts_of(set, 3, 0), IsEmpty());  // kept for its image
}

TEST(PairSet, WithoutLanguagesAllAreUsed) {
  EXPECT_THAT(whole_set(animals()).languages(), ElementsAre("en", "zh", "fr"));
}

TEST(PairSet, TemplatesFollowTheFirstText) {
  const auto set = whole_set(animals(), {"zh", "en"},
                             {"en:a photo of {}", "zh:{}的照片", "en:{}, drawn", "de:ein {}"});
  EXPECT_EQ(set.template_count(0), 1);
  EXPECT_EQ(set.template_count(1), 2);
  EXPECT_THAT(texts_of(set, 0, 1), ElementsAre("cat", "a photo of cat", "cat, drawn", "kitty"));
  EXPECT_THAT(texts_of(set, 0, 0), ElementsAre("猫", "猫的照片"));
}

TEST(PairSet, ATemplateThatFitsNothingIsRefused) {
  for (const std::string bad : {"a photo of {}", "en:a photo", "{}:en", ""}) {
    expect_error(ErrorCode::kUsage, {"template \"" + bad + "\"", "\"en:a photo of {}\""},
                 [&] { whole_set(animals(), {}, {bad}); });
  }
}

TEST(PairSet, LabelsAgreeBetweenTheSetsOfASource) {
  const auto source = animals();
  const PairSet all = whole_set(source), some(source, {3, 2}, {}, {});
  EXPECT_EQ(all.label(0), all.label(2));
  EXPECT_NE(all.label(0), all.label(1));
  EXPECT_EQ(some.label(0), all.label(3));
  EXPECT_EQ(some.label(1), all.label(2));
  EXPECT_THAT(some.labels(), ElementsAre(all.label(3), all.label(2)));
  EXPECT_EQ(some.record(1).id, "2");
  EXPECT_EQ(some.read_image(0), all.read_image(3));
}

TEST(PairSet, TheFingerprintSeesChoiceLanguagesAndTemplates) {
  const auto source = animals();
  const auto base = PairSet(source, {0, 1}, {"en"}, {}).fingerprint();
  EXPECT_EQ(PairSet(source, {0, 1}, {"en"}, {}).fingerprint(), base);
  EXPECT_NE(PairSet(source, {1, 0}, {"en"}, {}).fingerprint(), base);
  EXPECT_NE(PairSet(source, {0}, {"en"}, {}).fingerprint(), base);
  EXPECT_NE(PairSet(source, {0, 1}, {"zh"}, {}).fingerprint(), base);
  EXPECT_NE(PairSet(source, {0, 1}, {"en"}, {"en:a {}"}).fingerprint(), base);
}

}  // namespace
}  // namespace clipstill::data
