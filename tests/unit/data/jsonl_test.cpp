#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/deep_json.h"
#include "../core/expect_error.h"
#include "data/pairs.h"
#include "pair_fixtures.h"

namespace clipstill::data {
namespace {

using testing::HasSubstr;

std::string reason_of_line(const PairFolder& folder, const std::string& line) {
  const auto source = open_pairs(
      folder.write("one.jsonl", "{\"image\":\"c.png\",\"text\":\"good\"}\n" + line + "\n"),
      kLenient);
  EXPECT_EQ(source->records().size(), 1u) << line;
  if (source->bad_rows().size() != 1) return "";
  EXPECT_EQ(source->bad_rows()[0].origin, "one.jsonl:2");
  return source->bad_rows()[0].reason;
}

TEST(JsonlPairs, ReadsFlatAndNestedTexts) {
  const PairFolder folder;
  const auto source = open_pairs(
      folder.write("p.jsonl",
                   "\xef\xbb\xbf{\"image\":\"a.png\",\"text\":\"one\",\"lang\":\"en\",\"id\":7,"
                   "\"label\":\"x\"}\r\n"
                   "\n"
                   "{\"file_name\":\"b.png\",\"texts\":[\"two\",{\"text\":\"二\",\"lang\":\"zh\"}],"
                   "\"split\":\"test\",\"domain\":\"d\",\"category\":\"c\"}"));
  ASSERT_EQ(source->records().size(), 2u);
  EXPECT_EQ(source->records()[0].id, "7");
  EXPECT_EQ(source->records()[0].label, "x");
  EXPECT_EQ(source->records()[0].texts.at(0).lang, "en");
  const auto& second = source->records()[1];
  EXPECT_EQ(second.origin, "p.jsonl:3");
  EXPECT_EQ(second.id, "b.png");
  EXPECT_EQ(second.split, "test");
  EXPECT_EQ(second.domain, "d");
  EXPECT_EQ(second.category, "c");
  ASSERT_EQ(second.texts.size(), 2u);
  EXPECT_EQ(second.texts[1].text, "二");
  EXPECT_EQ(red_of(*source, 1), 20);
}

TEST(JsonlPairs, NamesWhatIsWrongWithALine) {
  const PairFolder folder;
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\",\"text\":\"cut"), HasSubstr("JSON"));
  EXPECT_THAT(reason_of_line(folder, "[1]"), HasSubstr("object"));
  EXPECT_THAT(reason_of_line(folder, "null"), HasSubstr("object"));
  EXPECT_THAT(reason_of_line(folder, "{\"text\":\"one\"}"), HasSubstr("no image"));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":5,\"text\":\"one\"}"), HasSubstr("no image"));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\"}"), HasSubstr("no text"));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\",\"text\":null}"), HasSubstr("empty"));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\",\"texts\":[\"one\",\"\"]}"),
              HasSubstr("empty"));
  EXPECT_EQ(reason_of_line(folder, "{\"image\":\"a.png\",\"text\":[\"one\"]}"),
            "\"text\" must be a string, found [\"one\"]");
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\",\"texts\":\"one\"}"), HasSubstr("list"));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"../a.png\",\"text\":\"one\"}"),
              HasSubstr("\"..\""));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\\u0000\",\"text\":\"one\"}"),
              HasSubstr("zero byte"));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\",\"text\":\"\xff\"}"), HasSubstr("JSON"));
  EXPECT_THAT(reason_of_line(folder, std::string(size_t{2} << 20, '[')), HasSubstr("more than"));
  EXPECT_THAT(reason_of_line(folder, std::string(size_t{1} << 19, '[')), HasSubstr("JSON"));
  EXPECT_THAT(reason_of_line(folder, "{\"image\":\"a.png\",\"text\":" + deep_json() + "}"),
              HasSubstr("nested"));
}

TEST(JsonlPairs, NamesKeysThatItLeavesOut) {
  const PairFolder folder;
  const WarningLog log;
  open_pairs(folder.write("p.jsonl", "{\"image\":\"a.png\",\"text\":\"x\",\"width\":3}\n"));
  EXPECT_THAT(log.text(), HasSubstr("width"));
}

TEST(JsonlPairs, EqualCsvInFingerprint) {
  const PairFolder folder;
  const auto csv = open_pairs(folder.write("p.csv", "image,text,lang\na.png,one,en\n"));
  const auto jsonl = open_pairs(
      folder.write("p.jsonl", "{\"image\":\"a.png\",\"text\":\"one\",\"lang\":\"en\"}\n"));
  EXPECT_EQ(csv->fingerprint(), jsonl->fingerprint());
}

}  // namespace
}  // namespace clipstill::data
