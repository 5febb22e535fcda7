#include "data/run_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "pair_fixtures.h"

namespace clipstill::data {
namespace {

using testing::HasSubstr;
using testing::Not;

// a.png speaks English and Chinese, b.png Chinese alone, c.png English alone and is for the test
// beside d.png, where that is there: Chinese alone.
class Languages : public testing::Test {
 protected:
  RunData opened(StringList languages, const std::string& more = {}) {
    DataOptions options;
    options.path = folder_
                       .write("pairs.csv",
                              "image,text,lang,split\n"
                              "a.png,dog,en,train\na.png,狗,zh,train\nb.png,猫,zh,train\n"
                              "c.png,cow,en,test\n" +
                                  more)
                       .string();
    options.languages = std::move(languages);
    return open_run_data(options);
  }
  PairFolder folder_;
  WarningLog warnings_;
};

TEST_F(Languages, PairsWithoutTheirTextsAreNotTrainedOn) {
  const auto data = opened({"en"});
  ASSERT_EQ(data.train.size(), 1);
  EXPECT_EQ(data.train.texts(), StringList{"dog"});
  EXPECT_EQ(data.test.size(), 1);
  EXPECT_THAT(warnings_.text(), HasSubstr("1 of 2 pairs"));
}

TEST_F(Languages, OfATestImagesStayWithoutATextToo) {
  folder_.write("d.png", png(40));
  const auto data = opened({"zh"}, "d.png,牛,zh,test\n");
  EXPECT_EQ(data.train.size(), 2);
  EXPECT_EQ(data.test.size(), 2);
  EXPECT_THAT(warnings_.text(), Not(HasSubstr("left out")));
}

TEST_F(Languages, ThatNoTestTextHasLeaveNoTest) {
  const auto data = opened({"zh"});
  EXPECT_EQ(data.train.size(), 2);
  EXPECT_EQ(data.test.size(), 0);
  EXPECT_THAT(warnings_.text(), HasSubstr("none of the 1 pairs to test with"));
}

TEST_F(Languages, AreMeasuredWhereASplitHasThem) {
  const auto data = opened({});
  EXPECT_EQ(data.train.languages(), (StringList{"en", "zh"}));
  EXPECT_EQ(data.test.languages(), StringList{"en"});
  EXPECT_THAT(warnings_.text(),
              HasSubstr("of the 1 pairs to test with, none has a text in \"zh\""));
}

TEST_F(Languages, TextsThatNameNoneBesideOthersAreSaid) {
  DataOptions options;
  options.path = folder_.write("p.csv", "image,text,lang\na.png,dog,en\nb.png,cat,\n").string();
  options.templates = {"en:a {}", "eng:the {}"};
  open_run_data(options);
  EXPECT_THAT(warnings_.text(), HasSubstr("1 texts name no language"));
  EXPECT_THAT(warnings_.text(), HasSubstr("\"eng:the {}\" is not used"));
  EXPECT_THAT(warnings_.text(), Not(HasSubstr("en:a")));
}

TEST_F(Languages, OfTextsThatNameNoneIsTheDefault) {
  DataOptions options;
  options.path = folder_.write("p.csv", "image,text,lang\na.png,dog,en\nb.png,猫,\n").string();
  options.default_language = "zh";
  options.languages = {"zh"};
  options.templates = {"zh:一张{}"};
  const auto data = open_run_data(options);
  ASSERT_EQ(data.train.size(), 1);
  EXPECT_EQ(data.train.texts(), (StringList{"猫", "一张猫"}));
  EXPECT_THAT(warnings_.text(), Not(HasSubstr("name no language")));
  options.default_language = "";
  expect_error(ErrorCode::kUsage, {"data.languages", "\"zh\"", "data.default_language"},
               [&] { open_run_data(options); });
}

TEST_F(Languages, ThatNoTextHasAreRefused) {
  expect_error(ErrorCode::kUsage, {"data.languages", "\"english\"", "en, zh", "pairs.csv"}, [&] {
    opened({"en", "english"});
  });
}

TEST(TagViewsOfARun, AreOfTheTrainingPairsAlone) {
  PairFolder folder;
  WarningLog warnings;
  DataOptions options;
  options.path = folder
                     .write("pairs.csv",
                            "image,text,kind,split\na.png,dog,label,train\n"
                            "a.png,\"dog, pet\",tags,train\nb.png,cat,label,test\n"
                            "b.png,\"cat, pet\",tags,test\n")
                     .string();
  options.tag_views = 100;
  const auto data = open_run_data(options);
  EXPECT_THAT(data.train.texts(),
              testing::UnorderedElementsAre("dog", "dog, pet", "pet, dog", "pet"));
  EXPECT_THAT(data.test.texts(), testing::ElementsAre("cat", "cat, pet"));
  EXPECT_THAT(warnings.text(), Not(HasSubstr("tag_views")));
  folder.write("pairs.csv", "image,text,split\na.png,dog,train\n");
  open_run_data(options);
  EXPECT_THAT(warnings.text(), HasSubstr("data.tag_views adds no text"));
}

}  // namespace
}  // namespace clipstill::data
