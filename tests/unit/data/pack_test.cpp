#include "data/pack.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/bytes.h"
#include "core/files.h"
#include "data/pairs_packed.h"
#include "data/tar.h"
#include "image/codec.h"

namespace clipstill::data {
namespace {

using namespace std::string_view_literals;

std::string picture(uint8_t shade) {
  image::Image image(4, 4, 3);
  image.pixels.assign(image.pixels.size(), shade);
  return image::encode_png(image);
}

PairRecord packed_record(const std::string& id) {
  PairRecord result;
  result.id = id;
  result.texts = {{"a cat", "en", "label"}, {"猫", "zh", "label"}, {"plain \"quoted\"", "", ""}};
  result.label = "cat";
  result.domain = "photo";
  result.category = "animals";
  result.split = "val";
  result.origin = "pairs.csv:2";
  return result;
}

void pack(const fs::path& folder, int count, PackOptions options = {}) {
  PackWriter writer(folder, options);
  for (int i = 0; i < count; ++i) {
    writer.add(packed_record("id" + std::to_string(i)), bytes_of(picture(static_cast<uint8_t>(i))));
  }
  writer.finish(R"({"name": "test"})");
}

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Pack : public testing::Test {
 protected:
  ScratchFolder scratch_;
  fs::path folder_ = scratch_ / "packed";
};

TEST_F(Pack, RoundTrip) {
  pack(folder_, 3);
  const auto source = open_packed(folder_);
  ASSERT_EQ(source->records().size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const auto& got = source->records()[i];
    const auto want = packed_record("id" + std::to_string(i));
    EXPECT_EQ(got.id, want.id);
    EXPECT_EQ(got.label, want.label);
    EXPECT_EQ(got.domain, want.domain);
    EXPECT_EQ(got.category, want.category);
    EXPECT_EQ(got.split, want.split);
    ASSERT_EQ(got.texts.size(), want.texts.size());
    for (size_t t = 0; t < want.texts.size(); ++t) {
      EXPECT_EQ(got.texts[t].text, want.texts[t].text);
      EXPECT_EQ(got.texts[t].lang, want.texts[t].lang);
      EXPECT_EQ(got.texts[t].kind, want.texts[t].kind);
    }
    const auto image = source->read_image(i);
    EXPECT_EQ(std::string(image.begin(), image.end()), picture(static_cast<uint8_t>(i)));
  }
  EXPECT_TRUE(source->bad_rows().empty());
}

TEST_F(Pack, ShardsAreWebDataset) {
  pack(folder_, 2);
  const MappedFile shard(folder_ / "shard-00000.tar");
  std::vector<std::string> names;
  for (const auto& member : list_tar(shard.bytes(), "shard")) names.push_back(member.name);
  EXPECT_THAT(names, testing::ElementsAre("000000000.png", "000000000.json", "000000001.png",
                                          "000000001.json"));
}

TEST_F(Pack, ClosesShardsAtTheirSize) {
  pack(folder_, 5, {.shard_bytes = 4096});
  EXPECT_THAT(files_of(folder_), testing::ElementsAre("index.json", "shard-00000.tar",
                                                      "shard-00001.tar", "shard-00002.tar"));
  const auto source = open_packed(folder_);
  ASSERT_EQ(source->records().size(), 5u);
  const auto last = source->read_image(4);
  EXPECT_EQ(std::string(last.begin(), last.end()), picture(4));
}

TEST_F(Pack, EqualInputGivesEqualBytes) {
  const auto other = scratch_ / "other";
  pack(folder_, 3);
  pack(other, 3);
  for (const auto& name : files_of(folder_)) {
    EXPECT_EQ(read_file(folder_ / name), read_file(other / name)) << name;
  }
  EXPECT_EQ(open_packed(folder_)->fingerprint(), open_packed(other)->fingerprint());
  pack(other, 2);
  EXPECT_NE(open_packed(folder_)->fingerprint(), open_packed(other)->fingerprint());
}

TEST_F(Pack, UnfinishedWriterLeavesNothing) {
  {
    PackWriter writer(folder_, {.shard_bytes = 1});
    writer.add(packed_record("a"), bytes_of(picture(1)));
  }
  EXPECT_TRUE(files_of(folder_).empty());
}

TEST_F(Pack, UnfinishedWriterKeepsTheEarlierData) {
  pack(folder_, 2);
  const auto before = read_file(folder_ / "index.json");
  {
    PackWriter writer(folder_, {.shard_bytes = 1});
    writer.add(packed_record("a"), bytes_of(picture(1)));
  }
  EXPECT_EQ(read_file(folder_ / "index.json"), before);
  EXPECT_EQ(open_packed(folder_)->records().size(), 2u);
}

TEST_F(Pack, KilledWriterIsCleanedUp) {
  fs::create_directories(folder_ / ".partial");
  std::ofstream(folder_ / ".partial" / "shard-00007.tar") << "half";
  pack(folder_, 1);
  EXPECT_THAT(files_of(folder_), testing::ElementsAre("index.json", "shard-00000.tar"));
}

TEST_F(Pack, RepackingLeavesNoOldShards) {
  pack(folder_, 5, {.shard_bytes = 4096});
  pack(folder_, 1);
  EXPECT_THAT(files_of(folder_), testing::ElementsAre("index.json", "shard-b-00000.tar"));
  EXPECT_EQ(open_packed(folder_)->records().size(), 1u);
  pack(folder_, 2);
  EXPECT_THAT(files_of(folder_), testing::ElementsAre("index.json", "shard-00000.tar"));
}

TEST_F(Pack, TheSameContentKeepsItsNames) {
  pack(folder_, 3, {.shard_bytes = 4096});
  const auto before = files_of(folder_);
  write_file(folder_ / before[1], "damaged");
  pack(folder_, 3, {.shard_bytes = 4096});
  EXPECT_EQ(files_of(folder_), before);
  EXPECT_EQ(open_packed(folder_)->read_image(0).size(), picture(0).size());
}

// The steps of a writer that replaces two records by three, after each of which it may be killed.
class KilledWriter : public Pack {
 protected:
  enum Step { kNone, kShardsMoved, kIndexMoved, kOldRemoved };

  void leave(Step last, bool is_first) {
    if (!is_first) pack(folder_, 2);
    const auto old = is_first ? std::string() : read_file(folder_ / "index.json");
    pack(other_, 3);
    const std::string name = is_first ? "shard-00000.tar" : "shard-b-00000.tar";
    auto index = read_file(other_ / "index.json");
    index.replace(index.find("shard-00000.tar"), 15, name);
    make_folders(folder_ / ".partial");
    write_file(folder_ / ".partial" / "replaced.json",
               is_first ? R"({"format":"clipstill-pack","shards":[]})" : old);
    if (last >= kShardsMoved) fs::copy(other_ / "shard-00000.tar", folder_ / name);
    write_file((last >= kIndexMoved ? folder_ : folder_ / ".partial") / "index.json", index);
    if (last >= kOldRemoved && !is_first) fs::remove(folder_ / "shard-00000.tar");
  }

  const fs::path other_ = scratch_ / "other";
};

TEST_F(KilledWriter, LeavesTheOldDataOrTheNewAndCanBeFollowed) {
  for (const bool is_first : {false, true}) {
    for (const auto step : {kNone, kShardsMoved, kIndexMoved, kOldRemoved}) {
      SCOPED_TRACE(fmt::format("{} {}", is_first ? "first" : "second", static_cast<int>(step)));
      fs::remove_all(folder_);
      make_folders(folder_);
      leave(step, is_first);
      if (step >= kIndexMoved) {
        EXPECT_EQ(open_pairs(folder_)->records().size(), 3u);
      } else if (is_first) {
        expect_error(ErrorCode::kBadData, {folder_.string(), "pack again"},
                     [&] { open_pairs(folder_); });
      } else {
        EXPECT_EQ(open_pairs(folder_)->records().size(), 2u);
      }
      {
        PackWriter fails(folder_);  // one that ends early, too
      }
      pack(folder_, 1);
      const auto files = files_of(folder_);
      EXPECT_EQ(files.size(), 2u) << fmt::format("{}", fmt::join(files, " "));
      EXPECT_EQ(open_pairs(folder_)->records().size(), 1u);
    }
  }
}

TEST_F(Pack, OneWriterAtATime) {
  const PackWriter first(folder_);
  expect_error(ErrorCode::kResource, {folder_.string(), "another process"},
               [&] { PackWriter second(folder_); });
}

TEST_F(Pack, RefusesFoldersOfOthers) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "shard-00000.tar") << "someone's data";
  expect_error(ErrorCode::kUsage, {"shard-00000.tar", "another folder"},
               [&] { PackWriter writer(folder_); });
  EXPECT_EQ(read_file(folder_ / "shard-00000.tar"), "someone's data");

  const auto other = scratch_ / "other";
  fs::create_directories(other);
  std::ofstream(other / "index.json") << "[]";
  expect_error(ErrorCode::kUsage, {"index.json", "another folder"},
               [&] { PackWriter writer(other); });
}

TEST_F(Pack, RefusesWhatIsNoImage) {
  PackWriter writer(folder_);
  expect_error(ErrorCode::kBadData, {"pairs.csv:2", "JPEG"},
               [&] { writer.add(packed_record("a"), bytes_of("plain text"sv)); });
}

TEST_F(Pack, RefusesTextsThatAreNotUtf8) {
  PackWriter writer(folder_);
  auto bad = packed_record("a");
  bad.texts[0].text = "caf\xe9";
  expect_error(ErrorCode::kBadData, {"pairs.csv:2", "UTF-8"},
               [&] { writer.add(bad, bytes_of(picture(1))); });
  writer.add(packed_record("b"), bytes_of(picture(1)));  // the refused record left no trace
  writer.finish();
  EXPECT_EQ(open_packed(folder_)->records().size(), 1u);
}

TEST_F(Pack, DamagedImageIsNamed) {
  pack(folder_, 2);
  auto bytes = read_file(folder_ / "shard-00000.tar");
  bytes[512 + 20] = static_cast<char>(bytes[512 + 20] ^ 1);
  write_file(folder_ / "shard-00000.tar", bytes);
  const auto source = open_packed(folder_);
  expect_error(ErrorCode::kBadData, {"shard-00000.tar", "id0"}, [&] { source->read_image(0); });
  EXPECT_NO_THROW(source->read_image(1));
}

TEST_F(Pack, ShardsThatDoNotMatchTheIndexAreRefused) {
  pack(folder_, 2);
  const auto bytes = read_file(folder_ / "shard-00000.tar");
  write_file(folder_ / "shard-00000.tar", bytes.substr(0, bytes.size() - 512));
  expect_error(ErrorCode::kBadData, {"shard-00000.tar", "index.json"},
               [&] { open_packed(folder_); });
  fs::remove(folder_ / "shard-00000.tar");
  expect_error(ErrorCode::kMissingFile, {"shard-00000.tar"}, [&] { open_packed(folder_); });
}

TEST_F(Pack, RefusesIndexesThatLeaveTheFolderOrTheShard) {
  pack(folder_, 1);
  const auto index = read_file(folder_ / "index.json");
  const auto with = [&](const std::string& from, const std::string& to) {
    auto changed = index;
    changed.replace(changed.find(from), from.size(), to);
    write_file(folder_ / "index.json", changed);
  };
  with(R"("name":"shard-00000.tar")", R"("name":"../packed/shard-00000.tar")");
  expect_error(ErrorCode::kBadData, {"leaves the folder"}, [&] { open_packed(folder_); });
  with(R"("offset":512)", R"("offset":9223372036854775807)");
  expect_error(ErrorCode::kBadData, {"outside"}, [&] { open_packed(folder_); });
  for (const std::string number : {"18446744073709551615", "1e+20", "0.5"}) {
    with(R"("offset":512)", R"("offset":)" + number);
    expect_error(ErrorCode::kBadData, {"records[0]", "offset", number},
                 [&] { open_packed(folder_); });
  }
  with(R"("shard":0)", R"("shard":7)");
  expect_error(ErrorCode::kBadData, {"outside"}, [&] { open_packed(folder_); });
  with(R"("version":1)", R"("version":2)");
  expect_error(ErrorCode::kBadData, {"version"}, [&] { open_packed(folder_); });
  for (size_t length = 0; length + 2 < index.size(); length += 7) {
    write_file(folder_ / "index.json", index.substr(0, length));
    EXPECT_THROW(open_packed(folder_), Error) << length;
  }
}

}  // namespace
}  // namespace clipstill::data
