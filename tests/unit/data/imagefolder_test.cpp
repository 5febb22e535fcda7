#include "data/imagefolder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "pair_fixtures.h"

namespace clipstill::data {
namespace {

using testing::HasSubstr;

TEST(ImageFolder, ReadsMetadata) {
  const PairFolder folder;
  folder.write("sub/d.png", png(40));
  folder.write("metadata.csv", "file_name,text\nsub/d.png,forty\na.png,ten\n");
  const auto source = open_pairs(folder.path());
  ASSERT_EQ(source->records().size(), 2u);
  EXPECT_EQ(source->records()[0].id, "sub/d.png");
  EXPECT_EQ(red_of(*source, 0), 40);

  fs::remove(folder.path() / "metadata.csv");
  folder.write("metadata.jsonl", "{\"file_name\":\"a.png\",\"text\":\"ten\"}\n");
  EXPECT_EQ(open_pairs(folder.path())->records().at(0).texts.at(0).text, "ten");

  folder.write("metadata.csv", "file_name,text\na.png,ten\n");
  expect_error(ErrorCode::kBadData, {"metadata.csv", "metadata.jsonl", "both"},
               [&] { open_pairs(folder.path()); });
}

TEST(ImageFolder, KeepsToTheFolder) {
  const PairFolder folder, other;
  folder.write("metadata.csv",
               "file_name,text\n" + (other.path() / "a.png").string() + ",one\na.png,ten\n");
  const auto source = open_pairs(folder.path(), {.max_bad_share = 0.5});
  ASSERT_EQ(source->bad_rows().size(), 1u);
  EXPECT_THAT(source->bad_rows()[0].reason, HasSubstr("relative"));
}

TEST(ImageFolder, TakesSubfoldersAsClasses) {
  const ScratchFolder scratch;
  const auto write = [&](const std::string& name, std::string_view content) {
    make_folders((scratch / name).parent_path());
    write_file(scratch / name, content);
  };
  write("黑猫/1.png", png(1));
  write("dog/deep/2.PNG", png(2));
  write("dog/0.jpg", png(3));  // the content tells the format, not the name
  write("dog/notes.txt", "x");
  write("dog/.hidden.png", "x");
  write(".git/x.png", "x");
  write("dog/.thumbnails/0.png", "x");
  const WarningLog log;
  const auto source = open_pairs(scratch.path());
  ASSERT_EQ(source->records().size(), 3u);
  EXPECT_EQ(source->records()[0].id, "dog/0.jpg");
  EXPECT_EQ(source->records()[0].label, "dog");
  EXPECT_EQ(source->records()[1].id, "dog/deep/2.PNG");
  EXPECT_EQ(source->records()[1].label, "dog");
  EXPECT_EQ(source->records()[2].texts.at(0).text, "黑猫");
  EXPECT_EQ(red_of(*source, 2), 1);
  EXPECT_THAT(log.text(), HasSubstr("left out 1 files"));
  EXPECT_THAT(log.text(), HasSubstr("notes.txt"));
}

TEST(ImageFolder, TakesFoldersNamedAfterSplitsAsSplits) {
  const ScratchFolder scratch;
  for (const char* name : {"Train/cat", "Train/dog", "validation/cat"}) {
    make_folders(scratch / name);
    write_file(scratch / name / "1.png", png(1));
  }
  const auto source = open_pairs(scratch.path());
  ASSERT_EQ(source->records().size(), 3u);
  EXPECT_EQ(source->records()[0].label, "cat");
  EXPECT_EQ(source->records()[0].split, "train");
  EXPECT_EQ(source->records()[2].label, "cat");
  EXPECT_EQ(source->records()[2].split, "val");
}

TEST(ImageFolder, NamesImagesOutsideOfClasses) {
  const PairFolder folder;
  folder.write("cat/1.png", png(1));
  const auto source = open_pairs(folder.path(), {.max_bad_share = 0.9});
  EXPECT_EQ(source->records().size(), 1u);
  ASSERT_EQ(source->bad_rows().size(), 3u);
  EXPECT_EQ(source->bad_rows()[0].origin, "a.png");
  expect_error(ErrorCode::kBadData, {"3 of 4", "a.png", "class folder"},
               [&] { open_pairs(folder.path()); });
}

TEST(ImageFolder, RefusesAnEmptyFolder) {
  const ScratchFolder scratch;
  expect_error(ErrorCode::kBadData, {scratch.path().string(), "found none"},
               [&] { open_pairs(scratch.path()); });
}

}  // namespace
}  // namespace clipstill::data
