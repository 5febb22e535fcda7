#include "data/pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "../core/expect_error.h"
#include "core/parallel.h"
#include "data/pack.h"
#include "data/pairs_pack.h"
#include "pair_fixtures.h"

namespace clipstill::data {
namespace {

using testing::HasSubstr;

std::string reason_of_row(const PairFolder& folder, const std::string& row) {
  const auto source = open_pairs(
      folder.write("one.csv", "image,text,split,id\nc.png,good,,good\n" + row), kLenient);
  EXPECT_EQ(source->records().size(), 1u) << row;
  if (source->bad_rows().size() != 1) return "";
  EXPECT_EQ(source->bad_rows()[0].origin, "one.csv:3");
  return source->bad_rows()[0].reason;
}

TEST(CsvPairs, ReadsEveryColumnInAnyOrder) {
  const PairFolder folder;
  const auto source = open_pairs(
      folder.write("p.csv",
                   "\xef\xbb\xbfsplit,kind,text,label,id,lang,domain,category,image\r\n"
                   "validation,caption,\"a, b\r\n\"\"c\"\"\",cat,x1,en,shop,pets,a.png\r\n"));
  ASSERT_EQ(source->records().size(), 1u);
  const auto& record = source->records()[0];
  EXPECT_EQ(record.id, "x1");
  EXPECT_EQ(record.image, "a.png");
  EXPECT_EQ(record.label, "cat");
  EXPECT_EQ(record.domain, "shop");
  EXPECT_EQ(record.category, "pets");
  EXPECT_EQ(record.split, "val");
  EXPECT_EQ(record.origin, "p.csv:2");
  ASSERT_EQ(record.texts.size(), 1u);
  EXPECT_EQ(record.texts[0].text, "a, b\r\n\"c\"");
  EXPECT_EQ(record.texts[0].lang, "en");
  EXPECT_EQ(record.texts[0].kind, "caption");
  EXPECT_EQ(red_of(*source, 0), 10);
}

TEST(CsvPairs, JoinsTheRowsOfAnImage) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write(
      "p.csv", "image,text,lang,label\na.png,one,en,\nb.png,two,en,\n./a.png,一,zh,L\n"));
  ASSERT_EQ(source->records().size(), 2u);
  EXPECT_EQ(source->records()[0].texts.size(), 2u);
  EXPECT_EQ(source->records()[0].texts[1].lang, "zh");
  EXPECT_EQ(source->records()[0].id, "a.png");
  EXPECT_EQ(source->records()[0].label, "L");
  EXPECT_EQ(source->records()[1].label, "b.png");  // defaults to the id
}

TEST(CsvPairs, ReadsTabs) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("p.tsv", "image\ttext\na.png\tone, two\n"));
  EXPECT_EQ(source->records().at(0).texts.at(0).text, "one, two");
}

TEST(CsvPairs, NamesColumnsThatItLeavesOut) {
  const PairFolder folder;
  const WarningLog log;
  open_pairs(folder.write("p.csv", "image,text,url,licence\na.png,one,u,l\n"));
  EXPECT_THAT(log.text(), HasSubstr("url, licence"));
}

TEST(CsvPairs, RefusesHeadingsThatDoNotFit) {
  const PairFolder folder;
  const auto opens = [&](const std::string& content) {
    return [&folder, content] { open_pairs(folder.write("p.csv", content)); };
  };
  expect_error(ErrorCode::kBadData, {"p.csv", "heading"}, opens(""));
  expect_error(ErrorCode::kBadData, {"p.csv", "image"}, opens("\n\n"));
  expect_error(ErrorCode::kBadData, {"p.csv:1", "image and text", "a.png | one"},
               opens("a.png,one\n"));
  expect_error(ErrorCode::kBadData, {"p.csv:1", "image;text"}, opens("image;text\na.png;one\n"));
  expect_error(ErrorCode::kBadData, {"p.csv:1", "\"caption\"", "repeats"},
               opens("image,text,caption\na.png,one,two\n"));
  expect_error(ErrorCode::kBadData, {"never closed"}, opens("image,\"text\na.png,one\n"));
  expect_error(ErrorCode::kBadData, {"UTF-16"}, opens("\xff\xfei\0m\0"));
  expect_error(ErrorCode::kBadData, {"zero bytes"}, opens(std::string("image,text\n\0\0", 13)));
  expect_error(ErrorCode::kBadData, {"found none in 0 rows"}, opens("image,text\n"));
}

TEST(CsvPairs, NamesWhatIsWrongWithARow) {
  const PairFolder folder;
  folder.write("empty.png", "");
  EXPECT_THAT(reason_of_row(folder, "a.png,one\n"), HasSubstr("expected 4 fields"));
  EXPECT_THAT(reason_of_row(folder, "a.png,one, two,,,\n"), HasSubstr("found 6"));
  EXPECT_THAT(reason_of_row(folder, ",one,,\n"), HasSubstr("no image"));
  EXPECT_THAT(reason_of_row(folder, "a.png,,,\n"), HasSubstr("text is empty"));
  EXPECT_THAT(reason_of_row(folder, "a.png,\" \t\xe3\x80\x80\",,\n"), HasSubstr("text is empty"));
  EXPECT_THAT(reason_of_row(folder, "none.png,one,,\n"), HasSubstr("none.png"));
  EXPECT_THAT(reason_of_row(folder, "empty.png,one,,\n"), HasSubstr("file is empty"));
  EXPECT_THAT(reason_of_row(folder, ".,one,,\n"), HasSubstr("image"));
  EXPECT_THAT(reason_of_row(folder, "../a.png,one,,\n"), HasSubstr("\"..\""));
  EXPECT_THAT(reason_of_row(folder, "x/../../a.png,one,,\n"), HasSubstr("\"..\""));
  EXPECT_THAT(reason_of_row(folder, "a.png,\xff\xfe,,\n"), HasSubstr("UTF-8"));
  EXPECT_THAT(reason_of_row(folder, "a.png,one,holdout,\n"), HasSubstr("\"holdout\""));
  EXPECT_THAT(reason_of_row(folder, "a.png,one,,good\n"),
              HasSubstr("duplicate id \"good\", first at"));
  EXPECT_THAT(reason_of_row(folder, "c.png,one,,other\n"), HasSubstr("one.csv:2"));
  EXPECT_THAT(reason_of_row(folder, "a.png,\"one,,\n"), HasSubstr("never closed"));
}

TEST(CsvPairs, TakesAbsolutePathsAsWritten) {
  const PairFolder images, tables;
  const auto path = (images.path() / "b.png").string();
  const auto source = open_pairs(tables.write("p.csv", "image,text\n" + path + ",one\n"));
  EXPECT_EQ(source->records().at(0).image, path);
  EXPECT_EQ(red_of(*source, 0), 20);
}

// A bad row takes nothing from its neighbours.
TEST(CsvPairs, KeepsImagesAndTextsTogether) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("p.csv",
                                              "image,text\n"
                                              "a.png,ten\n"
                                              "none.png,missing\n"
                                              "b.png,\n"
                                              "b.png,twenty\n"
                                              "c.png,\"thirty\n"
                                              "c.png,thirty\n"),
                                 kLenient);
  ASSERT_EQ(source->records().size(), 3u);
  EXPECT_EQ(source->bad_rows().size(), 3u);
  const std::pair<int, const char*> expected[] = {{10, "ten"}, {20, "twenty"}, {30, "thirty"}};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(red_of(*source, i), expected[i].first);
    EXPECT_EQ(source->records()[i].texts.at(0).text, expected[i].second);
  }
}

TEST(CsvPairs, AllowsBadRowsUpToTheShare) {
  const PairFolder folder;
  std::string table = "image,text\n";
  for (int i = 0; i < 9; ++i) table += "a.png,text\n";
  const auto path = folder.write("p.csv", table + "gone.png,text\n");
  {
    const WarningLog log;
    EXPECT_EQ(open_pairs(path, {.max_bad_share = 0.1})->bad_rows().size(), 1u);
    EXPECT_THAT(log.text(), HasSubstr("p.csv:11"));
  }
  expect_error(ErrorCode::kBadData, {"1 of 10 rows", "p.csv:11", "0.099", "data check"},
               [&] { open_pairs(path, {.max_bad_share = 0.099}); });
  expect_error(ErrorCode::kBadData, {"1 of 10"}, [&] { open_pairs(path); });
}

TEST(CsvPairs, ListsTheFirstFiveBadRows) {
  const PairFolder folder;
  const auto path = folder.write("p.csv", "image,text\n1,a\n2,a\n3,a\n4,a\n5,a\n6,a\n7,a\n");
  expect_error(ErrorCode::kBadData, {"7 of 7", "p.csv:2", "p.csv:6", "2 more"},
               [&] { open_pairs(path); });
  expect_error(ErrorCode::kBadData, {"found none in 7 rows", "p.csv:2"},
               [&] { open_pairs(path, {.max_bad_share = 1}); });
}

TEST(Pairs, SayWhatWasLookedFor) {
  const PairFolder folder;
  expect_error(ErrorCode::kMissingFile, {"nowhere", ".csv"},
               [&] { open_pairs(folder.path() / "nowhere"); });
  expect_error(ErrorCode::kBadData, {"notes.txt", ".jsonl", "\".txt\""},
               [&] { open_pairs(folder.write("notes.txt", "image,text\n")); });
}

TEST(Pairs, RefuseAnImageThatChangedSinceOpening) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("p.csv", "image,text\na.png,one\n"));
  folder.write("a.png", png(1, 2, 3, 40));
  expect_error(ErrorCode::kBadData, {"a.png", "when the data was opened"},
               [&] { source->read_image(0); });
}

TEST(Pairs, AreReadFromManyThreads) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("p.csv", "image,text\na.png,1\nb.png,2\nc.png,3\n"));
  parallel_for(
      300, [&](size_t i) { EXPECT_EQ(red_of(*source, i % 3), 10 * (i % 3 + 1)); }, 8);
}

TEST(Fingerprint, ChangesWithWhatTrainingSeesAndWithNothingElse) {
  const PairFolder folder, elsewhere;
  const std::string heading = "image,text,lang,label,domain,split,id\n";
  const auto of = [&](const PairFolder& where, const std::string& rows) {
    return open_pairs(where.write("p.csv", rows))->fingerprint();
  };
  const auto base = of(folder, heading + "a.png,one,en,l,d,train,i\n");
  EXPECT_EQ(of(elsewhere, heading + "a.png,one,en,l,d,train,i\n"), base);
  EXPECT_EQ(
      of(folder, "id,split,domain,label,lang,note,text,image\n\ni,train,d,l,en,x,one,a.png\n"),
      base);
  EXPECT_EQ(
      of(folder, "image,text,lang,label,domain,category,split,id\na.png,one,en,l,d,c,train,i\n"),
      base);  // so that soft labels serve on when a table gets categories
  std::set<std::string> all{base};
  for (const char* row :
       {"b.png,one,en,l,d,train,i\n", "a.png,two,en,l,d,train,i\n", "a.png,one,zh,l,d,train,i\n",
        "a.png,one,en,m,d,train,i\n", "a.png,one,en,l,e,train,i\n", "a.png,one,en,l,d,test,i\n",
        "a.png,one,en,l,d,train,j\n", "a.png,one,en,l,d,train,i\na.png,two,en,,,,\n",
        "a.png,one,en,l,d,train,i\nb.png,two,en,,,,\n"}) {
    EXPECT_TRUE(all.insert(of(folder, heading + row)).second) << row;
  }
  folder.write("a.png", png(1, 2, 3, 40));  // another size
  EXPECT_TRUE(all.insert(of(folder, heading + "a.png,one,en,l,d,train,i\n")).second);
}

TEST(PackPairs, GivesTheSameRecordsAndImages) {
  const PairFolder folder;
  const auto source = open_pairs(
      folder.write("p.csv", "image,text,lang\na.png,one,en\na.png,一,zh\nb.png,two,en\n"));
  EXPECT_EQ(pack_pairs(*source, folder.path() / "packed", {}).packed, 2u);
  const auto packed = open_pairs(folder.path() / "packed");
  ASSERT_EQ(packed->records().size(), 2u);
  EXPECT_EQ(packed->records()[0].id, "a.png");
  EXPECT_EQ(packed->records()[0].texts.size(), 2u);
  EXPECT_EQ(red_of(*packed, 1), 20);

  // Without the index it is plain WebDataset, with the same ids.
  fs::remove(folder.path() / "packed" / "index.json");
  const auto plain = open_pairs(folder.path() / "packed");
  EXPECT_EQ(plain->records().at(1).id, "b.png");
  EXPECT_EQ(red_of(*plain, 1), 20);
}

TEST(PackPairs, LeavesOutUnreadableImagesUpToTheShare) {
  const PairFolder folder;
  folder.write("b.png", png(20).substr(0, 50));
  const auto source =
      open_pairs(folder.write("p.csv", "image,text\na.png,ten\nb.png,cut\nc.png,thirty\n"));
  expect_error(ErrorCode::kBadData, {"p.csv:3", "data check"},
               [&] { pack_pairs(*source, folder.path() / "packed", {}); });
  EXPECT_FALSE(fs::exists(folder.path() / "packed" / "index.json"));
  const auto summary = pack_pairs(*source, folder.path() / "packed", {.max_bad_share = 0.4});
  ASSERT_EQ(summary.unreadable.size(), 1u);
  EXPECT_EQ(summary.unreadable[0].origin, "p.csv:3");
  const auto packed = open_pairs(folder.path() / "packed");
  ASSERT_EQ(packed->records().size(), 2u);
  EXPECT_EQ(packed->records()[1].texts.at(0).text, "thirty");
  EXPECT_EQ(red_of(*packed, 1), 30);
}

TEST(PackedPairs, RefuseDuplicateIdsAndDamagedImages) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("p.csv", "image,text\na.png,one\nb.png,two\n"));
  pack_pairs(*source, folder.path() / "packed", {});
  const auto index = folder.path() / "packed" / "index.json";
  const auto text = read_file(index);
  auto twice = text;
  twice.replace(twice.find("\"b.png\""), 7, "\"a.png\"");
  write_file(index, twice);
  expect_error(ErrorCode::kBadData, {"duplicate id \"a.png\""},
               [&] { open_pairs(folder.path() / "packed"); });

  write_file(index, text);
  const auto shard = folder.path() / "packed" / "shard-00000.tar";
  auto bytes = read_file(shard);
  bytes[512 + 40] = static_cast<char>(bytes[512 + 40] ^ 1);  // in the first image
  write_file(shard, bytes);
  const auto packed = open_pairs(folder.path() / "packed");
  expect_error(ErrorCode::kBadData, {"a.png", "damaged"}, [&] { packed->read_image(0); });
  EXPECT_EQ(red_of(*packed, 1), 20);
}

TEST(PackedPairs, HaveOneFingerprintHoweverTheyAreCut) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write("p.csv", "image,text\na.png,one\nb.png,two\n"));
  const auto cut = [&](const char* name, uint64_t shard_bytes) {
    PackWriter writer(folder.path() / name, {shard_bytes});
    for (size_t i = 0; i < 2; ++i) writer.add(source->records()[i], source->read_image(i));
    writer.finish();
    return open_pairs(folder.path() / name)->fingerprint();
  };
  EXPECT_EQ(cut("one", 1 << 20), cut("many", 1));
}

}  // namespace
}  // namespace clipstill::data
