// COCO captions and Karpathy's splits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/deep_json.h"
#include "../core/expect_error.h"
#include "pair_fixtures.h"
#include "pair_lists.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string coco(const std::string& images, const std::string& annotations) {
  return "{\"images\":[" + images + "],\"annotations\":[" + annotations + "]}";
}

const std::string kGood = R"({"id":7,"file_name":"c.png"})";
const std::string kGoodText = R"({"id":1,"image_id":7,"caption":"good"})";

// The only bad row beside one good one.
std::string bad_entry_of(const std::string& image, const std::string& annotation) {
  const PairFolder folder;
  const auto source = open_pairs(
      folder.write("one.json", coco(image.empty() ? kGood : kGood + "," + image,
                                    annotation.empty() ? kGoodText : kGoodText + "," + annotation)),
      kLenient);
  EXPECT_EQ(source->records().size(), 1u);
  const auto rows = bad_rows_of(*source);
  EXPECT_EQ(rows.size(), 1u) << image << annotation;
  return rows.empty() ? "" : rows[0];
}

TEST(CocoCaptions, JoinsCaptionsToTheirImages) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("captions.json", R"({
    "info": {"year": 2017, "x": [[{}]]}, "licenses": [{"id": 1}, "]}"],
    "images": [
      {"license": 1, "file_name": "a.png", "height": 4, "id": 397133},
      {"file_name": "b.png", "id": "37777", "flickr_url": "]\"[{"}
    ],
    "annotations": [
      {"image_id": 37777, "id": 2, "caption": "twenty"},
      {"image_id": 397133, "id": 1, "caption": "ten \"1\" \u4e00\\"},
      {"image_id": 397133, "id": 9, "caption": "ten 2"}
    ]})"));
  ASSERT_EQ(source->records().size(), 2u);
  const auto& first = source->records()[0];
  EXPECT_EQ(first.id, "397133");
  EXPECT_EQ(first.image, "a.png");
  EXPECT_EQ(first.label, "397133");
  EXPECT_EQ(first.split, "");
  EXPECT_EQ(first.origin, "captions.json:annotations[1]");
  EXPECT_THAT(texts_of(first), ElementsAre("ten \"1\" 一\\", "ten 2"));
  EXPECT_THAT(texts_of(source->records()[1]), ElementsAre("twenty"));
  EXPECT_EQ(red_of(*source, 0), 10);
  EXPECT_EQ(red_of(*source, 1), 20);
}

TEST(CocoCaptions, MayStandBeforeTheImages) {
  const PairFolder folder;
  const auto source =
      open_pairs(folder.write("c.json", "\xef\xbb\xbf{\"annotations\":[" + kGoodText +
                                            "],\r\n\"images\":[" + kGood + "]}"));
  EXPECT_THAT(texts_of(source->records().at(0)), ElementsAre("good"));
}

TEST(CocoCaptions, FindTheImagesInTheUsualPlaces) {
  for (const char* images : {"annotations/", "annotations/val2017/", "annotations/images/", "",
                             "val2017/", "images/", "images/val2017/"}) {
    const ScratchFolder scratch;
    make_folders((scratch / images).parent_path());
    make_folders(scratch / "annotations");
    write_file(scratch / images / "c.png", png(30));
    write_file(scratch / "annotations/captions_val2017.json", coco(kGood, kGoodText));
    const auto source = open_pairs(scratch / "annotations/captions_val2017.json");
    EXPECT_EQ(source->records().at(0).image, "c.png") << images;
    EXPECT_EQ(red_of(*source, 0), 30) << images;
  }
}

TEST(CocoCaptions, SayWhereTheImagesWereLookedFor) {
  const ScratchFolder scratch;
  make_folders(scratch / "annotations");
  write_file(scratch / "annotations/captions_val2017.json", coco(kGood, kGoodText));
  expect_error(ErrorCode::kMissingFile,
               {"captions_val2017.json", "c.png", "annotations,", "annotations/val2017,",
                (scratch / "images/val2017").string()},
               [&] { open_pairs(scratch / "annotations/captions_val2017.json", kLenient); });
}

// The first images may be the missing ones; what is found later settles the folder.
TEST(CocoCaptions, NameMissingImages) {
  const PairFolder folder;
  folder.write("images/d.png", png(40));
  const auto source = open_pairs(
      folder.write("c.json", coco(R"({"id":1,"file_name":"gone.png"},{"id":2,"file_name":"d.png"})",
                                  R"({"image_id":1,"caption":"x"},{"image_id":2,"caption":"y"})")),
      kLenient);
  EXPECT_EQ(red_of(*source, 0), 40);
  EXPECT_THAT(bad_rows_of(*source),
              ElementsAre(AllOf(HasSubstr("c.json:annotations[0]"), HasSubstr("gone.png"))));
}

TEST(CocoCaptions, NameWhatIsWrongWithAnEntry) {
  const auto of_image = [](const std::string& image) { return bad_entry_of(image, ""); };
  const auto of_text = [](const std::string& annotation) { return bad_entry_of("", annotation); };
  EXPECT_EQ(of_image("5"), "one.json:images[1]: expected a JSON object");
  EXPECT_EQ(of_image(R"({"file_name":"a.png"})"), "one.json:images[1]: no id");
  EXPECT_EQ(of_image(R"({"id":8})"), "one.json:images[1]: no file_name");
  EXPECT_EQ(of_image(R"({"id":[8],"file_name":"a.png"})"),
            "one.json:images[1]: \"id\" must be a string, found [8]");
  EXPECT_EQ(of_image(R"({"id":8,"file_name":true})"),
            "one.json:images[1]: \"file_name\" must be a string, found true");
  EXPECT_EQ(of_image(R"({"id":7,"file_name":"a.png"})"),
            "one.json:images[1]: duplicate id \"7\", first at one.json:images[0]");
  EXPECT_EQ(of_image(R"({"id":8,"file_name":"a.png")" + std::string("]")),
            "one.json:images[1]: not valid JSON");
  EXPECT_THAT(of_image("{\"id\":" + deep_json() + "}"), HasSubstr("nested deeper"));
  EXPECT_THAT(of_image("{\"id\":\"" + std::string(size_t{2} << 20, 'x') + "\"}"),
              HasSubstr("more than"));

  EXPECT_EQ(of_text("\"caption\""), "one.json:annotations[1]: expected a JSON object");
  EXPECT_EQ(of_text(R"({"image_id":9,"caption":"x"})"),
            "one.json:annotations[1]: image_id \"9\": images has no good entry with this id");
  EXPECT_EQ(of_text(R"({"caption":"x"})"), "one.json:annotations[1]: no image_id");
  EXPECT_THAT(of_text(R"({"image_id":7,"bbox":[1,2]})"), HasSubstr("no caption"));
  EXPECT_THAT(of_text(R"({"image_id":7,"caption":" "})"), HasSubstr("text is empty"));
  EXPECT_THAT(of_text(R"({"image_id":7,"caption":null})"), HasSubstr("text is empty"));
  EXPECT_THAT(of_text(R"({"image_id":7,"caption":["x"]})"), HasSubstr("must be a string"));
  EXPECT_EQ(of_text(R"({"id":1,"image_id":7,"caption":"x"})"),
            "one.json:annotations[1]: duplicate id \"1\" of an annotation");
  EXPECT_EQ(of_text("{\"image_id\":7,\"caption\":\"\xff\"}"),
            "one.json:annotations[1]: not valid JSON");
}

TEST(CocoCaptions, KeepToTheFolder) {
  const PairFolder folder, other;
  const auto absolute = (other.path() / "a.png").string();
  const auto source = open_pairs(
      folder.write(
          "sub/c.json",
          coco(kGood + R"(,{"id":1,"file_name":"../a.png"},{"id":2,"file_name":")" + absolute +
                   R"("})",
               R"({"image_id":1,"caption":"x"},{"image_id":2,"caption":"y"},)" + kGoodText)),
      kLenient);
  EXPECT_EQ(source->records().size(), 1u);
  EXPECT_THAT(bad_rows_of(*source), ElementsAre(HasSubstr("\"..\""), HasSubstr("relative")));
}

TEST(CocoCaptions, CountBadEntriesAgainstTheShare) {
  const PairFolder folder;
  const auto path =
      folder.write("c.json", coco(kGood, kGoodText + R"(,{"image_id":7,"caption":""})"));
  expect_error(ErrorCode::kBadData, {"1 of 2 rows", "c.json:annotations[1]", "max_bad_share"},
               [&] { open_pairs(path); });
  EXPECT_EQ(open_pairs(path, {.max_bad_share = 0.5})->records().size(), 1u);
}

TEST(CocoCaptions, LeaveOutImagesWithoutCaptions) {
  const PairFolder folder;
  const WarningLog log;
  const auto source = open_pairs(
      folder.write("c.json", coco(R"({"id":1,"file_name":"a.png"},)" + kGood, kGoodText)));
  EXPECT_EQ(source->records().size(), 1u);
  EXPECT_THAT(bad_rows_of(*source), IsEmpty());
  EXPECT_THAT(log.text(),
              HasSubstr("left out 1 images without captions, such as c.json:images[0]"));
}

TEST(CaptionJson, RefusesFilesOfOtherKinds) {
  const PairFolder folder;
  const auto refuses = [&](const std::string& content, std::initializer_list<const char*> words) {
    const auto path = folder.write("c.json", content);
    std::vector<std::string> wanted{"c.json"};
    wanted.insert(wanted.end(), words.begin(), words.end());
    expect_error(ErrorCode::kBadData, wanted, [&] { open_pairs(path, kLenient); });
  };
  refuses("", {":1", "file ends"});
  refuses("  \n ", {":2", "file ends"});
  refuses("[1]", {"expected '{'"});
  refuses("null", {"expected '{'"});
  refuses("{}", {"annotations", "sentences", "none"});
  refuses(R"({"images":[]})", {"annotations", "found the lists: images"});
  refuses(R"({"images":{"1":2},"annotations":[]})", {"found the lists: annotations"});
  refuses(R"({"images":[],"annotations":[]})", {"found none in 0 rows"});
  refuses(R"({"categories":[1],"images":[]})", {"categories, images"});
  refuses("{\"images\":[" + kGood + "}", {"at images[0]", "expected ','"});
  refuses("{\"images\":[" + kGood + ",]}", {"at images[1]", "expected a value"});
  refuses("{\"images\":[" + kGood + " 5]}", {"at images[0]", "expected ','"});
  refuses("{\"images\":[]\n,}", {":2", "expected a key"});
  refuses("{\"images\" []}", {"\"images\"", "expected ':'"});
  refuses(coco(kGood, kGoodText) + "\n\n}", {":3", "expected the end"});
  refuses("{\"x\":" + deep_json() + "]}", {"expected ','"});
  refuses("\xff\xfe{", {"UTF-16"});
}

// Whatever is cut off, the file is refused whole: no pairs are lost in silence.
TEST(CaptionJson, RefusesAFileThatIsCutShort) {
  const PairFolder folder;
  const auto whole = R"({"info":{"a":"}"},)" + coco(kGood, kGoodText).substr(1);
  ASSERT_EQ(open_pairs(folder.write("c.json", whole))->records().size(), 1u);
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const auto path = folder.write("c.json", whole.substr(0, bytes));
    expect_error(ErrorCode::kBadData, {"c.json:1", "the file ends"},
                 [&] { open_pairs(path, kLenient); });
  }
}

TEST(CaptionJson, PassesOverDeepValuesOfOtherKeys) {
  const PairFolder folder;
  const auto source = open_pairs(
      folder.write("c.json", "{\"info\":" + deep_json() + "," + coco(kGood, kGoodText).substr(1)));
  EXPECT_EQ(source->records().size(), 1u);
}

TEST(KarpathySplits, ReadsSentencesAndSplits) {
  const PairFolder folder;
  folder.write("val2014/d.png", png(40));
  const auto source = open_pairs(folder.write("dataset_coco.json", R"({"images": [
    {"filepath": "val2014", "sentids": [1], "filename": "d.png", "imgid": 0, "split": "test",
     "sentences": [{"tokens": ["a"], "raw": "A forty.", "imgid": 0, "sentid": 1}], "cocoid": 391895},
    {"filename": "a.png", "imgid": 1, "split": "restval", "sentences": [{"raw": "1"}, {"raw": "2"}]},
    {"filename": "b.png", "imgid": 2, "split": "val", "sentences": [{"raw": "x"}]}],
    "dataset": "coco"})"));
  ASSERT_EQ(source->records().size(), 3u);
  EXPECT_EQ(source->records()[0].id, "391895");
  EXPECT_EQ(source->records()[0].image, "val2014/d.png");
  EXPECT_EQ(source->records()[0].split, "test");
  EXPECT_EQ(source->records()[0].origin, "dataset_coco.json:images[0].sentences[0]");
  EXPECT_THAT(texts_of(source->records()[0]), ElementsAre("A forty."));
  EXPECT_EQ(source->records()[1].id, "1");
  EXPECT_EQ(source->records()[1].split, "train");
  EXPECT_THAT(texts_of(source->records()[1]), ElementsAre("1", "2"));
  EXPECT_EQ(source->records()[2].split, "val");
  EXPECT_EQ(red_of(*source, 0), 40);
}

TEST(KarpathySplits, FindsTheImagesOfFlickr30k) {
  for (const char* images : {"flickr30k-images", "flickr30k_images", "images", "flickr30k"}) {
    const ScratchFolder scratch;
    make_folders(scratch / images);
    write_file(scratch / images / "1.jpg", png(5));
    write_file(
        scratch / "dataset_flickr30k.json",
        R"({"images":[{"filename":"1.jpg","imgid":0,"split":"train","sentences":[{"raw":"x"}]}]})");
    EXPECT_EQ(red_of(*open_pairs(scratch / "dataset_flickr30k.json"), 0), 5) << images;
  }
}

TEST(KarpathySplits, NamesWhatIsWrongWithASentence) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("k.json", R"({"images": [
    {"filename": "a.png", "imgid": 1, "sentences": [{"raw": "x"}, {"raw": ""}, "y", {"raw": {}}, {}]},
    {"filename": "b.png", "imgid": 2, "sentences": {"raw": "x"}},
    {"filename": "c.png", "imgid": 3, "split": "holdout", "sentences": [{"raw": "x"}]},
    {"filepath": "..", "filename": "c.png", "imgid": 4, "sentences": [{"raw": "x"}]}]})"),
                                 kLenient);
  ASSERT_EQ(source->records().size(), 1u);
  EXPECT_THAT(texts_of(source->records()[0]), ElementsAre("x"));
  const auto rows = bad_rows_of(*source);
  EXPECT_THAT(rows, testing::UnorderedElementsAre(
                        HasSubstr("images[0].sentences[1]: the text is empty"),
                        HasSubstr("images[0].sentences[2]: expected a JSON object"),
                        HasSubstr("images[0].sentences[3]: \"raw\" must be a string, found {}"),
                        HasSubstr("images[0].sentences[4]: the text is empty"),
                        HasSubstr("images[1]: sentences must be a list"),
                        HasSubstr("images[2].sentences[0]: split \"holdout\""),
                        HasSubstr("images[3].sentences[0]: image \"../c.png\"")));
}

}  // namespace
}  // namespace clipstill::data
