#include "data/emoji.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "core/interrupt.h"
#include "data/emoji_packages.h"
#include "data/pairs_packed.h"
#include "image/codec.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRedSquare = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">)"
                                   R"(<rect width="10" height="10" fill="#ff0000"/></svg>)";
constexpr const char* kBlueLeftHalf =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">)"
    R"(<rect width="5" height="10" fill="#0000ff"/></svg>)";

constexpr const char* kEnglish = R"([
  {"hexcode": "1F600", "label": "grinning face", "tags": ["face", "grin"], "group": 0},
  {"hexcode": "0035-FE0F-20E3", "label": "keycap: 5", "tags": [], "group": 8},
  {"hexcode": "2764-FE0F", "label": "red heart", "tags": ["love"], "group": 0},
  {"hexcode": "1F1E6", "label": "regional indicator A", "tags": ["A"]},
  {"hexcode": "1F47D", "label": "alien", "group": 0}])";
constexpr const char* kMessages = R"({"groups": [
  {"key": "symbols", "message": "symbols", "order": 8},
  {"key": "smileys-emotion", "message": "smileys & emotion", "order": 0}]})";
constexpr const char* kChinese = R"([
  {"hexcode": "2764-FE0F", "label": "红心", "tags": ["爱"], "group": 0},
  {"hexcode": "1F600", "label": "嘿嘿", "tags": ["笑脸", "脸"], "group": 0},
  {"hexcode": "0035-FE0F-20E3", "label": "键帽: 5", "group": 8},
  {"hexcode": "1F47D", "label": "", "group": 0},
  {"hexcode": "1F1E6", "label": "区域指示符 A"}])";

std::string plain_png(int width, int height, int channels, uint8_t shade) {
  image::Image image(width, height, channels);
  image.pixels.assign(image.pixels.size(), shade);
  return image::encode_png(image);
}

// 8-bit premultiplied resampling of grey 128 at alpha 128, as Pillow does it: 64 * 255 / 128.
const std::vector<uint8_t> kFadedGrey{127, 127, 127, 128};

// A tree of packages with three concepts, of which each style draws some.
class Emoji : public testing::Test {
 protected:
  void SetUp() override {
    install(kEmojiTexts);
    put("emojibase-data/en/data.json", kEnglish);
    put("emojibase-data/en/messages.json", kMessages);
    put("emojibase-data/zh/data.json", kChinese);
    for (const auto& style : emoji_styles()) install(style);
    put("@twemoji/svg/1f600.svg", kRedSquare);
    put("@twemoji/svg/35-20e3.svg", kRedSquare);
    put("@twemoji/svg/readme.md", "no drawing");
    put("openmoji/color/svg/2764.svg", kBlueLeftHalf);
    put("openmoji/color/svg/2764-FE0F.svg", kRedSquare);
    put("openmoji/color/svg/1F600.svg", kBlueLeftHalf);
    put("emoji-datasource-google/img/google/64/1f600.png", plain_png(64, 64, 4, 128));
    put("emoji-datasource-google/img/google/64/2764-fe0f.png", plain_png(32, 64, 3, 50));
    put("emoji-datasource-google/img/google/64/1f1e6.png", plain_png(64, 64, 4, 9));
    options_.packages = packages_.string();
    options_.size = 16;
    options_.styles = {"twemoji", "openmoji", "noto"};
  }
  void TearDown() override { request_interrupt(false); }

  void put(const std::string& name, const std::string& content) {
    make_folders((packages_ / name).parent_path());
    write_file(packages_ / name, content);
  }
  void install(const EmojiStyle& package) {
    put(package.package + "/package.json", R"({"version": ")" + package.version + "\"}");
  }
  image::Image draw(const std::string& id) {
    const auto source = open_packed(out_);
    for (size_t i = 0; i < source->records().size(); ++i) {
      if (source->records()[i].id == id) return image::decode(source->read_image(i), id);
    }
    ADD_FAILURE() << "no record " << id;
    return {};
  }
  std::vector<uint8_t> pixel(const image::Image& image, int x, int y) {
    const uint8_t* start = image.row(y) + 4 * x;
    return {start, start + 4};
  }
  void expect_failure(ErrorCode code, const std::vector<std::string>& words) {
    expect_error(code, words, [&] { build_emoji(out_, options_); });
    EXPECT_FALSE(fs::exists(out_ / "index.json"));
  }

  ScratchFolder scratch_;
  fs::path packages_ = scratch_ / "node_modules";
  fs::path out_ = scratch_ / "emoji";
  EmojiOptions options_;
};

TEST_F(Emoji, JoinsConceptsWithDrawings) {
  ASSERT_TRUE(build_emoji(out_, options_));
  std::vector<std::string> ids;
  const auto source = open_packed(out_);
  for (const auto& record : source->records()) {
    ids.push_back(record.id);
    EXPECT_EQ(record.id, record.label + "/" + record.domain);
  }
  EXPECT_THAT(ids, ElementsAre("1F600/twemoji", "0035-20E3/twemoji", "1F600/openmoji",
                               "2764/openmoji", "1F600/noto", "2764/noto"));
}

TEST_F(Emoji, TextsOfEveryLanguageNameFirst) {
  build_emoji(out_, options_);
  const auto source = open_packed(out_);
  std::vector<std::string> face, keycap;
  for (const auto& text : source->records()[0].texts) {
    face.push_back(text.lang + " " + text.kind + " " + text.text);
  }
  for (const auto& text : source->records()[1].texts) keycap.push_back(text.text);
  EXPECT_THAT(face, ElementsAre("en label grinning face", "en tags face, grin", "zh label 嘿嘿",
                                "zh tags 笑脸, 脸"));
  EXPECT_THAT(keycap, ElementsAre("keycap: 5", "键帽: 5"));
}

TEST_F(Emoji, CategoriesAreTheGroups) {
  build_emoji(out_, options_);
  const auto source = open_packed(out_);
  EXPECT_EQ(source->records()[0].category, "smileys-emotion");
  EXPECT_EQ(source->records()[1].category, "symbols");
}

TEST_F(Emoji, DrawsWithAlphaAtTheSize) {
  build_emoji(out_, options_);
  const auto square = draw("1F600/twemoji");
  EXPECT_EQ(square.width, 16);
  EXPECT_EQ(square.height, 16);
  EXPECT_EQ(pixel(square, 8, 8), (std::vector<uint8_t>{255, 0, 0, 255}));
  const auto half = draw("1F600/openmoji");
  EXPECT_EQ(pixel(half, 2, 8), (std::vector<uint8_t>{0, 0, 255, 255}));
  EXPECT_EQ(pixel(half, 12, 8)[3], 0);
  EXPECT_EQ(pixel(draw("1F600/noto"), 3, 3), kFadedGrey);
}

TEST_F(Emoji, PicturesThatAreNotSquareKeepTheirAspect) {
  build_emoji(out_, options_);
  const auto tall = draw("2764/noto");  // 32 x 64 without alpha -> 8 x 16 in the middle
  ASSERT_EQ(tall.channels, 4);
  EXPECT_EQ(pixel(tall, 3, 8), (std::vector<uint8_t>{0, 0, 0, 0}));
  EXPECT_EQ(pixel(tall, 4, 0), (std::vector<uint8_t>{50, 50, 50, 255}));
  EXPECT_EQ(pixel(tall, 11, 15), (std::vector<uint8_t>{50, 50, 50, 255}));
  EXPECT_EQ(pixel(tall, 12, 8), (std::vector<uint8_t>{0, 0, 0, 0}));
}

TEST_F(Emoji, SmallPicturesAreScaledUp) {
  options_.size = 128;
  build_emoji(out_, options_);
  const auto large = draw("1F600/noto");
  EXPECT_EQ(large.width, 128);
  EXPECT_EQ(pixel(large, 100, 100), kFadedGrey);
}

TEST_F(Emoji, OfTwoDrawingsTheOneWithoutFe0f) {
  build_emoji(out_, options_);
  EXPECT_EQ(pixel(draw("2764/openmoji"), 2, 8), (std::vector<uint8_t>{0, 0, 255, 255}));
}

TEST_F(Emoji, LanguagesAreChosen) {
  options_.languages = {"en"};
  build_emoji(out_, options_);
  const auto source = open_packed(out_);
  for (const auto& record : source->records()) {
    for (const auto& text : record.texts) EXPECT_EQ(text.lang, "en");
  }
}

TEST_F(Emoji, EqualPackagesGiveEqualBytesAndAreBuiltOnce) {
  const auto other = scratch_ / "other";
  ASSERT_TRUE(build_emoji(out_, options_));
  ASSERT_TRUE(build_emoji(other, options_));
  for (const char* name : {"index.json", "shard-00000.tar", "DATA_CARD.md"}) {
    EXPECT_EQ(read_file(out_ / name), read_file(other / name)) << name;
  }
  EXPECT_FALSE(build_emoji(out_, options_));
  options_.size = 20;
  EXPECT_TRUE(build_emoji(out_, options_));
  EXPECT_EQ(draw("1F600/noto").width, 20);
}

TEST_F(Emoji, DamagedResultIsBuiltAgain) {
  build_emoji(out_, options_);
  const auto whole = read_file(out_ / "shard-00000.tar");
  write_file(out_ / "shard-00000.tar", whole.substr(0, 700));
  EXPECT_TRUE(build_emoji(out_, options_));
  EXPECT_EQ(read_file(out_ / "shard-00000.tar"), whole);
}

TEST_F(Emoji, InterruptKeepsNothing) {
  request_interrupt();
  expect_failure(ErrorCode::kInterrupted, {});
  EXPECT_TRUE(fs::is_empty(out_));
}

TEST_F(Emoji, CardListsLicencesAndCoverage) {
  build_emoji(out_, options_);
  const auto card = read_file(out_ / "DATA_CARD.md");
  EXPECT_THAT(card, HasSubstr("6 images of 3 concepts, 16 x 16"));
  EXPECT_THAT(card, HasSubstr("| twemoji | @twemoji/svg | 15.0.0 | 2 | 66.7 % | CC-BY 4.0 |"));
  EXPECT_THAT(card, HasSubstr("| openmoji | openmoji | 16.0.0 | 2 | 66.7 % | CC-BY-SA 4.0 |"));
  EXPECT_THAT(card, HasSubstr("| en | 3 | 2 |"));
  EXPECT_THAT(card, HasSubstr("| zh | 3 | 2 |"));
  EXPECT_THAT(card, Not(HasSubstr("fluent")));
}

TEST_F(Emoji, MissingPackageSaysWhatToRun) {
  fs::remove_all(packages_ / "openmoji");
  expect_failure(ErrorCode::kMissingFile, {"openmoji", "16.0.0", "npm ci"});
}

TEST_F(Emoji, OtherVersionSaysWhatToRun) {
  put("@twemoji/svg/package.json", R"({"version": "14.0.0"})");
  expect_failure(ErrorCode::kBadData, {"15.0.0", "14.0.0", "npm ci"});
}

TEST_F(Emoji, MissingDrawingsSayWhatToRun) {
  fs::remove_all(packages_ / "openmoji" / "color");
  expect_failure(ErrorCode::kMissingFile, {"openmoji/color/svg", "npm ci"});
  make_folders(packages_ / "openmoji/color/svg");
  expect_failure(ErrorCode::kBadData, {"openmoji/color/svg", "no drawing", "npm ci"});
}

TEST_F(Emoji, DamagedTextsAreNamed) {
  for (const char* text : {"[", "[1]", R"([{"label": "x", "group": 1}])",
                           R"([{"hexcode": "1F600", "label": "x", "tags": "y", "group": 1}])"}) {
    SCOPED_TRACE(text);
    put("emojibase-data/zh/data.json", text);
    expect_failure(ErrorCode::kBadData, {"zh/data.json", "npm ci"});
  }
  put("emojibase-data/zh/data.json", "[]");
  expect_failure(ErrorCode::kBadData, {"emojibase-data", "en, zh", "npm ci"});
  put("emojibase-data/zh/data.json", R"([{"hexcode": "1F600", "label": "x", "group": 3}])");
  expect_failure(ErrorCode::kBadData, {"zh/data.json", "npm ci"});  // no group has this number
  put("emojibase-data/en/messages.json", "{}");
  expect_failure(ErrorCode::kBadData, {"en/messages.json", "npm ci"});
  put("@twemoji/svg/package.json", "{}");
  expect_failure(ErrorCode::kBadData, {"@twemoji/svg/package.json", "npm ci"});
}

TEST_F(Emoji, DamagedDrawingsAreNamed) {
  put("@twemoji/svg/1f600.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect");
  expect_failure(ErrorCode::kBadData, {"1f600.svg"});
}

TEST_F(Emoji, RefusesChoicesThatMakeNoSense) {
  options_.languages = {"en", "xx"};
  expect_failure(ErrorCode::kUsage, {"xx"});
  options_.languages = {"en", "en"};
  expect_failure(ErrorCode::kUsage, {"languages", "twice"});
  options_.languages = {"en"};
  options_.styles = {"crayon"};
  expect_failure(ErrorCode::kUsage, {"crayon", "openmoji"});
  options_.styles = {};
  expect_failure(ErrorCode::kUsage, {"styles"});
}

TEST(CanonicalHexcode, RemovesVariationSelectors) {
  EXPECT_EQ(canonical_hexcode("1f44b-fe0f"), "1F44B");
  EXPECT_EQ(canonical_hexcode("1F441-FE0F-200D-1F5E8-FE0F"), "1F441-200D-1F5E8");
  EXPECT_EQ(canonical_hexcode("a9"), "00A9");
  EXPECT_EQ(canonical_hexcode("35-20e3"), "0035-20E3");
}

}  // namespace
}  // namespace clipstill::data
