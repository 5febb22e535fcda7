// The language of texts whose source names none, in every layout of pairs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "../core/expect_error.h"
#include "core/base64.h"
#include "data/pairs_pack.h"
#include "pair_fixtures.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;

std::set<std::string> languages_in(const PairSource& source) {
  std::set<std::string> languages;
  for (const auto& record : source.records()) {
    for (const auto& text : record.texts) languages.insert(text.lang);
  }
  return languages;
}

/// Opens it as it is and with a default language, which nothing else may change.
void expect_default_language(const fs::path& path, const std::string& undeclared = {}) {
  const auto plain = open_pairs(path), japanese = open_pairs(path, {.default_language = "ja"});
  EXPECT_THAT(languages_in(*plain), ElementsAre(undeclared)) << path;
  EXPECT_THAT(languages_in(*japanese), ElementsAre("ja")) << path;
  EXPECT_NE(plain->fingerprint(), japanese->fingerprint()) << path;
  const auto named = open_pairs(path, {.default_language = undeclared});
  EXPECT_EQ(plain->fingerprint(), named->fingerprint()) << path;
}

TEST(DefaultLanguage, IsThatOfCaptionFiles) {
  const PairFolder folder;
  expect_default_language(folder.write("coco.json", R"({"images": [{"id": 1, "file_name": "a.png"}],
                       "annotations": [{"id": 1, "image_id": 1, "caption": "十"}]})"));
  expect_default_language(folder.write(
      "karpathy.json",
      R"({"images": [{"imgid": 1, "filename": "a.png", "sentences": [{"raw": "十"}]}]})"));
  expect_default_language(folder.write("results.token", "a.png#0\t十\na.png#1\t拾\n"));
  expect_default_language(
      folder.write("results.csv", "image_name| comment_number| comment\na.png| 0| 十\n"));
}

TEST(DefaultLanguage, IsThatOfTablesFoldersAndArchives) {
  const PairFolder folder;
  expect_default_language(folder.write("plain.csv", "image,text\na.png,ten\n"));
  expect_default_language(folder.write("empty.tsv", "image\ttext\tlang\na.png\tten\t\n"));
  expect_default_language(folder.write("p.jsonl", R"({"image": "a.png", "texts": ["ten", "X"]})"));
  expect_default_language(folder.write("txt.tar", tar_of({{"0.png", png(1)}, {"0.txt", "one"}})));
  expect_default_language(
      folder.write("json.tar", tar_of({{"0.png", png(1)}, {"0.json", R"({"caption": "one"})"}})));
  const PairFolder classes;
  for (const auto* name : {"a.png", "b.png", "c.png"}) fs::remove(classes.path() / name);
  classes.write("apple/0.png", png(5));
  expect_default_language(classes.path());
}

TEST(DefaultLanguage, OfChineseClipIsChineseUnlessToldOtherwise) {
  const PairFolder folder;
  folder.write("train_imgs.tsv", "1\t" + base64(png(1)) + "\n");
  folder.write("train_texts.jsonl", R"({"text_id": 1, "text": "一", "image_ids": [1]})");
  expect_default_language(folder.path(), "zh");
}

TEST(DefaultLanguage, IsPackedAndNeverReplacesANamedOne) {
  const PairFolder folder;
  const auto table = folder.write("p.csv", "image,text,lang\na.png,ten,en\nb.png,二十,\n");
  pack_pairs(*open_pairs(table), folder.path() / "unnamed", {});
  pack_pairs(*open_pairs(table, {.default_language = "zh-Hans"}), folder.path() / "named", {});
  EXPECT_THAT(languages_in(*open_pairs(folder.path() / "unnamed")), ElementsAre("", "en"));
  EXPECT_THAT(languages_in(*open_pairs(folder.path() / "unnamed", {.default_language = "ja"})),
              ElementsAre("en", "ja"));
  EXPECT_THAT(languages_in(*open_pairs(folder.path() / "named", {.default_language = "ja"})),
              ElementsAre("en", "zh-Hans"));
}

TEST(DefaultLanguage, IsATag) {
  const PairFolder folder;
  const auto table = folder.write("p.csv", "image,text\na.png,ten\n");
  for (const std::string good : {"en", "zh", "yue", "zh-Hans", "zh-Hant-TW", "es-419"}) {
    EXPECT_NO_THROW(open_pairs(table, {.default_language = good})) << good;
  }
  for (const std::string bad : {"chinese", "z", "ZH", "zh_CN", "zh-", "en,zh", "zh ", "中文"}) {
    expect_error(ErrorCode::kUsage, {"default_language \"" + bad + "\"", "en or zh"},
                 [&] { open_pairs(table, {.default_language = bad}); });
  }
}

}  // namespace
}  // namespace clipstill::data
