#include "data/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "core/interrupt.h"
#include "data/audit_report.h"
#include "data/contact_sheet.h"
#include "pair_fixtures.h"
#include "text/wordpiece.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const PairOptions kAnyShare{.max_bad_share = 1};

TEST(Audit, CountsRecordsTextsAndLanguages) {
  const PairFolder folder;
  const auto audit =
      count_pairs(*open_pairs(folder.write("p.csv",
                                           "image,text,lang,label,domain,category,split\n"
                                           "a.png,cat,en,x,d1,pets,train\n"
                                           "a.png,猫,zh,x,d1,,train\n"
                                           "b.png,кот,,x,d2,pets,test\n"
                                           "c.png,ねこ,,y,d2,,\n")));
  EXPECT_EQ(audit.records, 3u);
  EXPECT_EQ(audit.texts, 4u);
  EXPECT_EQ(audit.labels, 2u);
  EXPECT_THAT(audit.domains, ElementsAre(Pair("d1", 1), Pair("d2", 2)));
  EXPECT_THAT(audit.categories, ElementsAre(Pair("pets", 2)));
  EXPECT_THAT(audit.splits, ElementsAre(Pair("test", 1), Pair("train", 1)));
  EXPECT_THAT(audit.languages, ElementsAre(Pair("en", 1), Pair("undeclared: Cyrillic", 1),
                                           Pair("undeclared: Kana", 1), Pair("zh", 1)));
}

TEST(Audit, FindsUnreadableImagesAndGoesOn) {
  const PairFolder folder;
  folder.write("b.png", png(20).substr(0, 45));
  folder.write("d.png", "no image at all");
  const auto source = open_pairs(
      folder.write("p.csv", "image,text\na.png,1\nb.png,2\nc.png,3\nd.png,4\ngone.png,5\n"),
      kAnyShare);
  const auto audit = audit_pairs(*source);
  ASSERT_EQ(audit.images.unreadable.size(), 2u);
  EXPECT_EQ(audit.images.unreadable[0].origin, "p.csv:3");
  EXPECT_EQ(audit.images.unreadable[1].origin, "p.csv:5");
  EXPECT_THAT(audit.images.formats, ElementsAre(Pair("png", 2)));
  EXPECT_DOUBLE_EQ(audit.bad_share(), 3.0 / 5);
}

TEST(Audit, MeasuresImages) {
  const PairFolder folder;
  folder.write("d.png", png(1, 1, 1, 9));
  folder.write("e.png", image::encode_png(image::Image(5, 7, 4)));
  const auto audit =
      audit_pairs(*open_pairs(folder.write("p.csv", "image,text\na.png,1\nd.png,2\ne.png,3\n")));
  EXPECT_THAT(audit.images.modes, ElementsAre(Pair("rgb", 2), Pair("rgba", 1)));
  EXPECT_EQ(audit.images.width.least, 4u);
  EXPECT_EQ(audit.images.width.median, 5u);
  EXPECT_EQ(audit.images.width.most, 9u);
  EXPECT_EQ(audit.images.height.median, 7u);
}

TEST(Audit, FindsDuplicates) {
  const PairFolder folder;
  folder.write("copy.png", png(10));  // as a.png
  // The same pixels in other bytes: a text chunk between header and data.
  auto other = png(10);
  other.insert(33, std::string("\0\0\0\3tEXtK\0v\xf3\x49\xb5\x70", 15));
  folder.write("other.png", other);
  const auto audit_of = [&](const std::string& rows) {
    return audit_pairs(*open_pairs(folder.write("p.csv", "image,text,label,split\n" + rows)));
  };
  const auto audit = audit_of(
      "a.png,same,x,train\ncopy.png,same,x,test\nb.png,same,y,train\nc.png,other,z,train\n");
  EXPECT_EQ(audit.images.same_bytes.groups, 1u);
  EXPECT_EQ(audit.images.same_bytes.surplus, 1u);
  EXPECT_EQ(audit.images.same_bytes.across_labels, 0u);
  EXPECT_EQ(audit.images.same_bytes.across_splits, 1u);
  EXPECT_THAT(audit.images.same_bytes.examples, ElementsAre(ElementsAre("a.png", "copy.png")));
  EXPECT_EQ(audit.images.same_pixels.groups, 1u);
  EXPECT_EQ(audit.same_texts.groups, 1u);
  EXPECT_EQ(audit.same_texts.surplus, 2u);
  EXPECT_EQ(audit.same_texts.across_labels, 1u);
  EXPECT_THAT(audit_to_text(audit), HasSubstr("1 groups ACROSS SPLITS"));
  const auto pixels = audit_of("a.png,one,,\nother.png,two,,\n").images;
  EXPECT_EQ(pixels.same_bytes.groups, 0u);
  EXPECT_EQ(pixels.same_pixels.groups, 1u);
  // A text twice on one image is no duplicate between records.
  EXPECT_EQ(audit_of("a.png,same,,\na.png,same,,\n").same_texts.groups, 0u);
}

TEST(Audit, TellsSamePixelsFromSameBytes) {
  const PairFolder folder;
  image::Image wide(8, 2, 3), tall(2, 8, 3);
  folder.write("wide.png", image::encode_png(wide));
  folder.write("tall.png", image::encode_png(tall));
  const auto audit =
      audit_pairs(*open_pairs(folder.write("p.csv", "image,text\nwide.png,1\ntall.png,2\n")));
  EXPECT_EQ(audit.images.same_pixels.groups, 0u);  // equal values, other shape
}

TEST(Audit, CountsTokens) {
  const PairFolder folder;
  const text::WordPieceTokenizer tokenizer({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "cat"});
  const auto source = open_pairs(folder.write(
      "p.csv", "image,text,lang\na.png,red cat,en\nb.png,red red cat cat,en\nc.png,红 cat,zh\n"));
  const auto audit = audit_pairs(*source, {&tokenizer, 5});
  const auto& en = audit.tokens.at("en");
  EXPECT_THAT(en.lengths, ElementsAre(Pair(4, 1), Pair(6, 1)));
  EXPECT_EQ(en.truncated, 1u);
  EXPECT_EQ(en.tokens, 6u);
  EXPECT_EQ(en.unknown, 0u);
  EXPECT_EQ(audit.tokens.at("zh").tokens, 2u);
  EXPECT_EQ(audit.tokens.at("zh").unknown, 1u);
  const auto json = audit_to_json(audit);
  EXPECT_DOUBLE_EQ(json["tokens"]["languages"]["zh"]["unknown_share"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(json["tokens"]["languages"]["en"]["truncated_share"].get<double>(), 0.5);
  EXPECT_THAT(audit_to_text(audit), HasSubstr("50.00 % of the tokens are unknown"));
}

TEST(Audit, StopsWhenAsked) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("p.csv", "image,text\na.png,1\n"));
  request_interrupt();
  expect_error(ErrorCode::kInterrupted, {"stopped"}, [&] { audit_pairs(*source); });
  request_interrupt(false);
}

TEST(GuessScript, GoesByMostLetters) {
  EXPECT_EQ(guess_script("a cat, 1"), "Latin");
  EXPECT_EQ(guess_script("黑色的cat猫"), "Han");
  EXPECT_EQ(guess_script("ねこ"), "Kana");
  EXPECT_EQ(guess_script("고양이"), "Hangul");
  EXPECT_EQ(guess_script("кот"), "Cyrillic");
  EXPECT_EQ(guess_script("قط"), "Arabic");
  EXPECT_EQ(guess_script("123 !"), "other");
  EXPECT_EQ(guess_script(""), "other");
}

TEST(ContactSheet, PlacesImagesInRows) {
  const PairFolder folder;
  const auto source = open_pairs(
      folder.write("p.csv",
                   "image,text,domain\na.png,one & "
                   "<two>\t\"x\"]]>\xef\xbf\xbf\xef\xbf\xbe,d\nb.png,two,d\nc.png,three,d\n"));
  const ContactSheetOptions options{.count = 3, .columns = 2, .thumbnail = 32};
  const auto sheet = draw_contact_sheet(*source, choose_for_sheet(*source, options), options);
  EXPECT_EQ(sheet.channels, 3);
  EXPECT_EQ(sheet.width, 2 * 38 + 6);
  const auto red_at = [&](int x, int y) { return static_cast<int>(sheet.row(y)[3 * x]); };
  EXPECT_EQ(red_at(6 + 16, 6 + 16), 10);
  EXPECT_EQ(red_at(44 + 16, 6 + 16), 20);
  EXPECT_EQ(red_at(6 + 16, sheet.height / 2 + 16), 30);
  EXPECT_EQ(red_at(44 + 16, sheet.height / 2 + 16), 255);  // no fourth
}

TEST(ContactSheet, ChoosesEvenlyAmongWhatFits) {
  const PairFolder folder;
  std::string table = "image,text,lang,domain,id\n";
  for (int i = 0; i < 10; ++i) {
    folder.write(fmt::format("{}.png", i), png(1));
    table += fmt::format("{}.png,t,{},{},{}\n", i, i == 9 ? "zh" : "en", i < 5 ? "low" : "high", i);
  }
  const auto source = open_pairs(folder.write("p.csv", table));
  EXPECT_THAT(choose_for_sheet(*source, {.count = 5}), ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(choose_for_sheet(*source, {.domain = "high", .count = 2}), ElementsAre(5, 7));
  EXPECT_THAT(choose_for_sheet(*source, {.lang = "zh"}), ElementsAre(9));
  expect_error(ErrorCode::kUsage, {"high, low", "en, zh"},
               [&] { choose_for_sheet(*source, {.domain = "none"}); });
}

}  // namespace
}  // namespace clipstill::data
