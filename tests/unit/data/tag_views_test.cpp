#include "data/tag_views.h"

#include <gmock/gmock.h>

#include <set>

#include "memory_pairs.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Of two keywords a list has four orders of one or both; the list itself is not among its variants.
TEST(TagViews, AreEveryPartInEveryOrderButTheListItself) {
  EXPECT_THAT(tag_views("cat, pet", 200), UnorderedElementsAre("cat", "pet", "pet, cat"));
  EXPECT_THAT(tag_views("a, b, c", 2000), SizeIs(3 + 6 + 6 - 1));
}

TEST(TagViews, DependOnTheListAndTheirNumberAlone) {
  const auto ten = tag_views("a, b, c, d, e, f, g", 10);
  EXPECT_THAT(ten, SizeIs(10));
  EXPECT_EQ(tag_views("a, b, c, d, e, f, g", 10), ten);
  const auto five = tag_views("a, b, c, d, e, f, g", 5);
  EXPECT_EQ(five, std::vector<std::string>(ten.begin(), ten.begin() + 5));
}

// 1,000 variants of ten keywords keep 5,000 on average, with a standard deviation of 50.
TEST(TagViews, KeepHalfOfTheKeywords) {
  int64_t kept = 0;
  const auto views = tag_views("0, 1, 2, 3, 4, 5, 6, 7, 8, 9", 1000);
  for (const auto& view : views) kept += std::ranges::count(view, ',') + 1;
  EXPECT_NEAR(static_cast<double>(kept) / static_cast<double>(views.size()), 5.0, 0.25);
}

TEST(TagViews, TakeOtherSeparatorsToo) {
  for (const char* list : {"猫，宠物", "猫、宠物", "猫; 宠物", "猫； 宠物,", " 猫 ,, 宠物"}) {
    EXPECT_THAT(tag_views(list, 200), UnorderedElementsAre("猫", "宠物", "宠物, 猫")) << list;
  }
}

TEST(TagViews, OfOneKeywordThereAreNone) {
  EXPECT_THAT(tag_views("cat", 10), IsEmpty());
  EXPECT_THAT(tag_views("", 10), IsEmpty());
  EXPECT_THAT(tag_views(" , ,", 10), IsEmpty());
}

// Behind the first text and its templates, so that what evaluation asks stays where it is.
TEST(TagViews, FollowTheTagsOfAPair) {
  const auto source = std::make_shared<MemoryPairs>(std::vector<PairRecord>{
      record("0", {{"cat, pet", "en", "tags"}, {"cat, tomcat", "en", "caption"}}, "cat")});
  const PairSet set(source, {0}, {"en"}, {"en:a {}"}, false, 200);
  EXPECT_THAT(set.template_count(0), 1);
  std::vector<std::string> texts;
  for (const int64_t id : set.texts_of(0)[0]) texts.push_back(set.texts()[id]);
  ASSERT_THAT(texts, SizeIs(6));
  EXPECT_EQ(texts[0], "cat, pet");
  EXPECT_EQ(texts[1], "a cat, pet");
  EXPECT_EQ(texts[2], "cat, tomcat");
  EXPECT_THAT((std::set<std::string>{texts.begin() + 3, texts.end()}),
              ElementsAre("cat", "pet", "pet, cat"));
  EXPECT_THAT(set.own_texts(), ElementsAre("cat, pet", "a cat, pet", "cat, tomcat"));
}

}  // namespace
}  // namespace clipstill::data
