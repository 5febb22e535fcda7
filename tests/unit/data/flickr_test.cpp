// Flickr30k's token file and results.csv.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "data/caption_files.h"
#include "pair_fixtures.h"
#include "pair_lists.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string bad_row_of(const std::string& name, const std::string& good, const std::string& row) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write(name, good + row), kLenient);
  EXPECT_EQ(source->records().size(), 1u) << row;
  const auto rows = bad_rows_of(*source);
  EXPECT_EQ(rows.size(), 1u) << row;
  return rows.empty() ? "" : rows[0];
}

TEST(FlickrTokens, JoinTheCaptionsOfAnImage) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("results.token",
                                              "a.png#0\tTwo young guys , \"shaggy\" .\r\n"
                                              "a.png#1\t\"Two\tmen \r\n"
                                              "\r\n"
                                              "b.png#0\t# 1\tb\n"
                                              "c.png#10\tlast"));
  ASSERT_EQ(source->records().size(), 3u);
  EXPECT_EQ(source->records()[0].id, "a.png");
  EXPECT_EQ(source->records()[0].origin, "results.token:1");
  EXPECT_THAT(texts_of(source->records()[0]),
              ElementsAre("Two young guys , \"shaggy\" .", "\"Two\tmen"));
  EXPECT_THAT(texts_of(source->records()[1]), ElementsAre("# 1\tb"));
  EXPECT_EQ(source->records()[1].origin, "results.token:4");
  EXPECT_THAT(texts_of(source->records()[2]), ElementsAre("last"));
  EXPECT_EQ(red_of(*source, 1), 20);
}

TEST(FlickrTokens, FindTheImages) {
  const PairFolder folder;
  folder.write("flickr30k-images/x#1.jpg", png(9));
  const auto source = open_pairs(folder.write("results_20130124.token", "x#1.jpg#0\tnine\n"));
  EXPECT_EQ(source->records().at(0).image, "x#1.jpg");
  EXPECT_EQ(red_of(*source, 0), 9);
}

TEST(FlickrTokens, NameWhatIsWrongWithALine) {
  const auto of = [](const std::string& line) {
    return bad_row_of("r.token", "c.png#0\tgood\n", line);
  };
  EXPECT_EQ(of("a.png#0 no tab"), "r.token:2: expected IMAGE#NUMBER, a tab and the caption");
  EXPECT_THAT(of("a.png\tno # number"), HasSubstr("r.token:2: expected IMAGE#NUMBER"));
  EXPECT_THAT(of("a.png#x\tone"), HasSubstr("expected the number"));
  EXPECT_THAT(of("a.png#\tone"), HasSubstr("expected the number"));
  EXPECT_THAT(of("a.png#0\t"), HasSubstr("text is empty"));
  EXPECT_THAT(of("#0\tone"), HasSubstr("no image"));
  EXPECT_THAT(of("none.png#0\tone"), HasSubstr("none.png"));
  EXPECT_THAT(of("../a.png#0\tone"), HasSubstr("\"..\""));
  EXPECT_THAT(of("/a.png#0\tone"), HasSubstr("relative"));
  EXPECT_THAT(of("a.png#0\t\xff"), HasSubstr("UTF-8"));
  EXPECT_EQ(of("c.png#0\tagain"), "r.token:2: duplicate id \"c.png#0\"");
  EXPECT_THAT(of("a.png"), HasSubstr("expected IMAGE#NUMBER"));  // cut short
}

TEST(FlickrTokens, RefuseWhatIsNoTable) {
  const PairFolder folder;
  expect_error(ErrorCode::kBadData, {"found none in 0 rows"},
               [&] { open_pairs(folder.write("r.token", "\n")); });
  expect_error(ErrorCode::kBadData, {"zero bytes"},
               [&] { open_pairs(folder.write("r.token", std::string("a\0b", 3))); });
  expect_error(ErrorCode::kMissingFile, {"nowhere.jpg", "flickr30k-images"},
               [&] { open_pairs(folder.write("r.token", "nowhere.jpg#0\tone\n"), kLenient); });
}

const std::string kHeading = "image_name| comment_number| comment\n";

TEST(FlickrCsv, ReadsWhatTheHeadingTells) {
  const PairFolder folder;
  for (const auto& heading :
       {kHeading, std::string("\xef\xbb\xbfimage_name|comment_number|comment\r\n"),
        std::string("\n image_name |\tcomment_number | comment \n")}) {
    const auto source =
        open_pairs(folder.write("results.csv", heading + "a.png| 0| \"Ten\" , men .\r\n"
                                                         "a.png| 1| \"ten\r\n"
                                                         "b.png| 0| twenty\n"));
    ASSERT_EQ(source->records().size(), 2u) << heading;
    EXPECT_THAT(texts_of(source->records()[0]), ElementsAre("\"Ten\" , men .", "\"ten"));
    EXPECT_EQ(source->records()[0].id, "a.png");
    EXPECT_EQ(red_of(*source, 1), 20);
  }
}

// The file lies in flickr30k_images, its images in a folder of the same name there.
TEST(FlickrCsv, FindsTheImages) {
  const PairFolder folder;
  folder.write("flickr30k_images/flickr30k_images/x.jpg", png(9));
  const auto source =
      open_pairs(folder.write("flickr30k_images/results.csv", kHeading + "x.jpg| 0| nine\n"));
  EXPECT_EQ(red_of(*source, 0), 9);
}

TEST(FlickrCsv, NamesWhatIsWrongWithARow) {
  const auto of = [](const std::string& row) {
    return bad_row_of("results.csv", kHeading + "c.png| 0| good\n", row);
  };
  // As in the published file, whose line 20001 lacks a separator.
  EXPECT_EQ(of("a.png| 4   A dog runs across the grass .\n"),
            "results.csv:3: expected image_name| comment_number| comment, found 2 columns");
  EXPECT_THAT(of("a.png| 0| one | two\n"), HasSubstr("found 4 columns"));
  EXPECT_THAT(of("a.png| 0|\n"), HasSubstr("text is empty"));
  EXPECT_THAT(of("a.png| zero| one\n"), HasSubstr("expected the number"));
  EXPECT_THAT(of("| 0| one\n"), HasSubstr("no image"));
  EXPECT_THAT(of("../a.png| 0| one\n"), HasSubstr("\"..\""));
  EXPECT_THAT(of("c.png| 0| again\n"), HasSubstr("duplicate id \"c.png#0\""));
}

TEST(FlickrCsv, LeavesOtherTablesAlone) {
  const PairFolder folder;
  EXPECT_FALSE(has_flickr_heading(folder.write("p.csv", "image,text\na.png,one\n")));
  EXPECT_FALSE(has_flickr_heading(folder.write("p.csv", "image_name|comment_number\n")));
  EXPECT_FALSE(has_flickr_heading(folder.write("p.csv", "")));
  EXPECT_TRUE(has_flickr_heading(folder.write("p.csv", kHeading)));
}

}  // namespace
}  // namespace clipstill::data
