#include "data/chinese_clip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/deep_json.h"
#include "../core/expect_error.h"
#include "core/base64.h"
#include "core/parallel.h"
#include "data/pairs_pack.h"
#include "pair_fixtures.h"
#include "pair_lists.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A folder with the tables of one split.
class Tables {
 public:
  Tables(const std::string& images, const std::string& texts, const std::string& split = "train") {
    write(split, images, texts);
  }
  void write(const std::string& split, const std::string& images, const std::string& texts) const {
    write_file(folder_ / (split + "_imgs.tsv"), images);
    write_file(folder_ / (split + "_texts.jsonl"), texts);
  }
  std::unique_ptr<PairSource> open(const PairOptions& options = {}) const {
    return open_pairs(folder_.path(), options);
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  ScratchFolder folder_;
};

std::string row(const std::string& id, uint8_t red) {
  return id + "\t" + base64(png(red)) + "\n";
}

// The bad row beside a good image and its text.
std::string bad_table_row_of(const std::string& image, const std::string& text) {
  const Tables tables(row("1", 10) + image,
                      "{\"text_id\":1,\"text\":\"good\",\"image_ids\":[1]}\n" + text);
  const auto source = tables.open(kLenient);
  EXPECT_EQ(source->records().size(), 1u) << image << text;
  const auto rows = bad_rows_of(*source);
  EXPECT_EQ(rows.size(), 1u) << image << text;
  return rows.empty() ? "" : rows[0];
}

TEST(ChineseClip, JoinsTextsToTheirImages) {
  const Tables tables(
      row("1000002", 10) + row("517602", 20),
      R"({"text_id": 8428, "text": "高级感托特包斜挎", "image_ids": [517602, 1000002]})"
      "\n"
      R"({"text_id": 8429, "text": "bag", "image_ids": ["517602"], "lang": "en"})");
  const auto source = tables.open();
  ASSERT_EQ(source->records().size(), 2u);
  const auto& first = source->records()[0];
  EXPECT_EQ(first.id, "train/517602");
  EXPECT_EQ(first.image, "train_imgs.tsv/517602");
  EXPECT_EQ(first.split, "train");
  EXPECT_EQ(first.origin, "train_texts.jsonl:1");
  EXPECT_THAT(texts_of(first), ElementsAre("高级感托特包斜挎", "bag"));
  EXPECT_EQ(first.texts[0].lang, "zh");
  EXPECT_EQ(first.texts[1].lang, "en");
  EXPECT_EQ(red_of(*source, 0), 20);
  const auto& second = source->records()[1];
  EXPECT_EQ(second.id, "train/1000002");
  EXPECT_THAT(texts_of(second), ElementsAre("高级感托特包斜挎"));  // one text, two images
  EXPECT_EQ(red_of(*source, 1), 10);
}

// Ids are ids of their split: two splits may number their images alike.
TEST(ChineseClip, ReadsEverySplit) {
  const Tables tables(row("1", 10), R"({"text_id":1,"text":"一","image_ids":[1]})");
  tables.write("valid", row("1", 20), R"({"text_id":1,"text":"二","image_ids":[1]})");
  tables.write("test", row("1", 30), R"({"text_id":1,"text":"三","image_ids":[1]})");
  const auto source = tables.open();
  ASSERT_EQ(source->records().size(), 3u);
  const char* const expected[][3] = {
      {"test/1", "test", "三"}, {"train/1", "train", "一"}, {"valid/1", "val", "二"}};
  const int reds[] = {30, 10, 20};
  for (size_t i = 0; i < 3; ++i) {
    const auto& record = source->records()[i];
    EXPECT_EQ(record.id, expected[i][0]);
    EXPECT_EQ(record.split, expected[i][1]);
    EXPECT_EQ(record.texts.at(0).text, expected[i][2]);
    EXPECT_EQ(red_of(*source, i), reds[i]);
  }
}

TEST(ChineseClip, TakesUrlSafeBase64AndWindowsLineEnds) {
  std::string bytes = png(10) + std::string(3, '\xff') + std::string(4, '\xfb');
  auto safe = base64(bytes);
  EXPECT_THAT(safe, AllOf(HasSubstr("/"), HasSubstr("+"), HasSubstr("=")));
  std::replace(safe.begin(), safe.end(), '/', '_');
  std::replace(safe.begin(), safe.end(), '+', '-');
  const auto bare = safe.substr(0, safe.find('='));
  const std::string text = R"({"text_id":1,"text":"一","image_ids":[1]})";
  std::string fingerprint;
  for (const auto& content :
       {base64(bytes), safe, bare, safe + "\r\n\r\n", base64(bytes) + " \t\r\n", bare + "\n"}) {
    const Tables tables("1\t" + content, text + "\r\n");
    const auto source = tables.open();
    const auto read = source->read_image(0);
    EXPECT_EQ(std::string(read.begin(), read.end()), bytes);
    if (fingerprint.empty()) fingerprint = source->fingerprint();
    EXPECT_EQ(source->fingerprint(), fingerprint);
  }
  const Tables marked("\xef\xbb\xbf" + row("1", 10), "\xef\xbb\xbf" + text);
  EXPECT_EQ(red_of(*marked.open(), 0), 10);
}

TEST(ChineseClip, NamesWhatIsWrongWithAnImage) {
  EXPECT_EQ(bad_table_row_of("2\n", ""),
            "train_imgs.tsv:2: expected an image id, a tab and the image in base64");
  EXPECT_EQ(bad_table_row_of("\tAAAA\n", ""), "train_imgs.tsv:2: no image id");
  EXPECT_EQ(bad_table_row_of("2\t\n", ""), "train_imgs.tsv:2: image 2: no image");
  EXPECT_EQ(bad_table_row_of("2\tAA!A\n", ""), "train_imgs.tsv:2: image 2: not valid base64");
  EXPECT_EQ(bad_table_row_of("2\tAAAAA", ""),
            "train_imgs.tsv:2: image 2: not valid base64");  // cut short
  EXPECT_EQ(bad_table_row_of("2\tAAAA\tAAAA\n", ""), "train_imgs.tsv:2: image 2: not valid base64");
  EXPECT_EQ(bad_table_row_of(row("1", 99), ""), "train_imgs.tsv:2: duplicate id \"1\"");
}

TEST(ChineseClip, NamesWhatIsWrongWithAText) {
  const auto of = [](const std::string& text) { return bad_table_row_of(row("2", 20), text); };
  EXPECT_EQ(of(R"({"text_id":2,"text":"x","image_ids":[9]})"),
            "train_texts.jsonl:2: image_id \"9\": train_imgs.tsv has no good image with this id");
  EXPECT_EQ(of(R"({"text_id":2,"text":"x","image_ids":[1,1]})"),
            "train_texts.jsonl:2: image_id \"1\" is listed twice");
  EXPECT_EQ(of(R"({"text_id":1,"text":"x","image_ids":[2]})"),
            "train_texts.jsonl:2: duplicate id \"1\" of a text");
  EXPECT_THAT(of(R"({"text_id":2,"text":"","image_ids":[2]})"), HasSubstr("text is empty"));
  EXPECT_THAT(of(R"({"text_id":2,"image_ids":[2]})"), HasSubstr("text is empty"));
  EXPECT_THAT(of(R"({"text_id":2,"text":["x"],"image_ids":[2]})"), HasSubstr("must be a string"));
  EXPECT_THAT(of(R"({"text_id":2,"text":"x"})"), HasSubstr("expected a list of image_ids"));
  EXPECT_THAT(of(R"({"text_id":2,"text":"x","image_ids":2})"), HasSubstr("a list of image_ids"));
  EXPECT_EQ(of(R"({"text_id":2,"text":"x","image_ids":[2.5]})"),
            "train_texts.jsonl:2: \"image_ids\" must be a string, found 2.5");
  EXPECT_EQ(of("[]"), "train_texts.jsonl:2: expected a JSON object");
  EXPECT_EQ(of(R"({"text_id":2,"text":"x","ima)"), "train_texts.jsonl:2: not valid JSON");
  EXPECT_THAT(of("{\"text\":" + deep_json() + "}"), HasSubstr("nested deeper"));
}

// The good images of a text keep it.
TEST(ChineseClip, LosesNoMoreThanTheBadPair) {
  const Tables tables(row("1", 10) + "2\tbad!\n" + row("3", 30),
                      R"({"text_id":1,"text":"x","image_ids":[1,2,3]})");
  const auto source = tables.open(kLenient);
  ASSERT_EQ(source->records().size(), 2u);
  EXPECT_EQ(red_of(*source, 0), 10);
  EXPECT_EQ(red_of(*source, 1), 30);
  EXPECT_THAT(bad_rows_of(*source),
              ElementsAre(HasSubstr("train_imgs.tsv:2"), HasSubstr("train_texts.jsonl:1")));
  expect_error(ErrorCode::kBadData, {"2 of 4 rows", "train_imgs.tsv:2", "base64"},
               [&] { tables.open(); });
}

// As in MUGE's test split, whose answers are not published.
TEST(ChineseClip, LeavesOutImagesAndTextsOnTheirOwn) {
  const WarningLog log;
  const Tables tables(row("1", 10) + row("2", 20) + row("3", 30),
                      "{\"text_id\":1,\"text\":\"x\",\"image_ids\":[2]}\n"
                      "{\"text_id\":2,\"text\":\"y\",\"image_ids\":[]}\n");
  const auto source = tables.open();
  ASSERT_EQ(source->records().size(), 1u);
  EXPECT_EQ(red_of(*source, 0), 20);
  EXPECT_THAT(bad_rows_of(*source), IsEmpty());
  EXPECT_THAT(log.text(), HasSubstr("left out 2 of 3 images"));
  EXPECT_THAT(log.text(), HasSubstr("1 texts without images"));
}

TEST(ChineseClip, RefusesFoldersThatAreNotWhole) {
  const ScratchFolder scratch;
  write_file(scratch / "valid_imgs.tsv", row("1", 10));
  expect_error(ErrorCode::kMissingFile, {"valid_texts.jsonl", "valid_imgs.tsv"},
               [&] { open_pairs(scratch.path()); });
  fs::remove(scratch / "valid_imgs.tsv");
  write_file(scratch / "valid_texts.jsonl", "");
  expect_error(ErrorCode::kMissingFile, {"valid_imgs.tsv: no such file"},
               [&] { open_pairs(scratch.path()); });
  write_file(scratch / "valid_imgs.tsv", "");
  expect_error(ErrorCode::kBadData, {"found none in 0 rows"}, [&] { open_pairs(scratch.path()); });
  const Tables tables(row("1", 10), R"({"text_id":1,"text":"x","image_ids":[1]})", "shop");
  expect_error(ErrorCode::kBadData, {"split \"shop\"", "train, val or test"},
               [&] { tables.open(); });
}

TEST(ChineseClip, IsReadFromManyThreads) {
  const Tables tables(row("1", 10) + row("2", 20) + row("3", 30),
                      R"({"text_id":1,"text":"x","image_ids":[1,2,3]})");
  const auto source = tables.open();
  parallel_for(
      300, [&](size_t i) { EXPECT_EQ(red_of(*source, i % 3), 10 * (i % 3 + 1)); }, 8);
}

TEST(ChineseClip, FingerprintFollowsTheContent) {
  const auto of = [](const std::string& images, const std::string& texts) {
    return Tables(images, texts).open()->fingerprint();
  };
  const std::string text = R"({"text_id":1,"text":"x","image_ids":[1]})";
  const auto base = of(row("1", 10), text);
  EXPECT_EQ(of(row("2", 20) + row("1", 10), text), base);  // an image that no text names
  EXPECT_NE(of(row("1", 10), R"({"text_id":1,"text":"y","image_ids":[1]})"), base);
  EXPECT_NE(of("1\t" + base64(png(1, 2, 3, 40)), text), base);
}

TEST(ChineseClip, PacksToTheSameRecordsAndImages) {
  const Tables tables(row("1", 10) + row("2", 20), R"({"text_id":1,"text":"一","image_ids":[2,1]})",
                      "valid");
  const auto source = tables.open();
  const ScratchFolder scratch;
  EXPECT_EQ(pack_pairs(*source, scratch / "packed", {}).packed, 2u);
  const auto packed = open_pairs(scratch / "packed");
  ASSERT_EQ(packed->records().size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const auto &before = source->records()[i], &after = packed->records()[i];
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(after.split, "val");
    EXPECT_EQ(after.label, before.label);
    EXPECT_EQ(after.texts.at(0).text, "一");
    EXPECT_EQ(after.texts.at(0).lang, "zh");
    EXPECT_EQ(packed->read_image(i), source->read_image(i));
  }
}

}  // namespace
}  // namespace clipstill::data
