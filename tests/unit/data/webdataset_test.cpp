#include "data/webdataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "pair_fixtures.h"

namespace clipstill::data {
namespace {

using testing::HasSubstr;

using Members = std::vector<std::pair<std::string, std::string>>;

std::string reason_of_sample(const Members& bad) {
  const PairFolder folder;
  Members members{{"good.png", png(1)}, {"good.txt", "good"}};
  members.insert(members.end(), bad.begin(), bad.end());
  const auto source = open_pairs(folder.write("s.tar", tar_of(members)), kLenient);
  EXPECT_EQ(source->records().size(), 1u);
  return source->bad_rows().size() == 1 ? source->bad_rows()[0].reason : "";
}

TEST(WebDataset, GroupsNeighboursByKey) {
  const PairFolder folder;
  const auto source = open_pairs(folder.write(
      "shard-0.tar",
      tar_of(
          {{"x/1.json", R"({"id":"first","texts":["one",{"text":"一","lang":"zh"}],"label":"l"})"},
           {"x/1.PNG", png(10)},
           {"x/2.png", png(20)},
           {"x/2.txt", "two\r\n"},
           {"x/2.json", R"({"width": 4})"},
           {"y/2.txt", "three"},
           {"y/2.jpeg", png(30)}})));
  ASSERT_EQ(source->records().size(), 3u);
  EXPECT_EQ(source->records()[0].id, "first");
  EXPECT_EQ(source->records()[0].texts.size(), 2u);
  EXPECT_EQ(source->records()[0].origin, "shard-0.tar:x/1");
  EXPECT_EQ(source->records()[1].id, "shard-0/x/2");
  EXPECT_EQ(source->records()[1].texts.at(0).text, "two");
  EXPECT_EQ(source->records()[2].texts.at(0).text, "three");
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(red_of(*source, i), 10 * static_cast<int>(i + 1));
}

TEST(WebDataset, ReadsShardsByName) {
  const PairFolder folder;
  folder.write("set/b.tar", tar_of({{"1.png", png(2)}, {"1.txt", "two"}}));
  folder.write("set/a.tar", tar_of({{"1.png", png(1)}, {"1.txt", "one"}}));
  const auto source = open_pairs(folder.path() / "set");
  ASSERT_EQ(source->records().size(), 2u);
  EXPECT_EQ(source->records()[0].id, "a/1");
  EXPECT_EQ(source->records()[1].id, "b/1");  // keys may return in another shard
  EXPECT_EQ(red_of(*source, 1), 2);
}

TEST(WebDataset, NamesWhatIsWrongWithASample) {
  EXPECT_THAT(reason_of_sample({{"1.png", png(2)}}), HasSubstr("no text"));
  EXPECT_THAT(reason_of_sample({{"1.txt", "one"}}), HasSubstr("no image"));
  EXPECT_THAT(reason_of_sample({{"1.png", png(2)}, {"1.txt", "\n"}}), HasSubstr("empty"));
  EXPECT_THAT(reason_of_sample({{"1.png", png(2)}, {"1.json", "{"}}),
              HasSubstr("1.json: not valid JSON"));
  EXPECT_THAT(reason_of_sample({{"1.png", png(2)}, {"1.json", "[]"}}), HasSubstr("object"));
  EXPECT_THAT(reason_of_sample({{"1.png", png(2)}, {"1.json", R"({"texts":[5]})"}}),
              HasSubstr("texts"));
  EXPECT_THAT(reason_of_sample({{"1.png", png(2)}, {"1.jpg", png(3)}, {"1.txt", "one"}}),
              HasSubstr("1.png and 1.jpg"));
}

TEST(WebDataset, NamesDuplicateIds) {
  const PairFolder folder;
  const auto source =
      open_pairs(folder.write("s.tar", tar_of({{"1.png", png(1)},
                                               {"1.json", R"({"id":"i","text":"a"})"},
                                               {"2.png", png(2)},
                                               {"2.json", R"({"id":"i","text":"b"})"},
                                               {"3.png", png(3)},
                                               {"3.txt", "c"}})),
                 kLenient);
  ASSERT_EQ(source->bad_rows().size(), 1u);
  EXPECT_THAT(source->bad_rows()[0].reason, HasSubstr("duplicate id \"i\", first at s.tar:1"));
  ASSERT_EQ(source->records().size(), 2u);
  EXPECT_EQ(red_of(*source, 1), 3);
}

TEST(WebDataset, RefusesKeysThatComeBack) {
  const PairFolder folder;
  const auto path = folder.write(
      "s.tar", tar_of({{"1.png", png(1)}, {"2.png", png(2)}, {"1.txt", "a"}, {"2.txt", "b"}}));
  expect_error(ErrorCode::kBadData, {"s.tar", "\"1.txt\"", "side by side"},
               [&] { open_pairs(path, kLenient); });
}

TEST(WebDataset, LeavesOtherMembersOutWithAWarning) {
  const PairFolder folder;
  const WarningLog log;
  const auto source = open_pairs(folder.write("s.tar", tar_of({{"README", "hello"},
                                                               {"._1.png", "x"},
                                                               {"1.png", png(1)},
                                                               {"._1.txt", "x"},
                                                               {"1.txt", "one"},
                                                               {"1.seg.png", png(9)}})));
  ASSERT_EQ(source->records().size(), 1u);
  EXPECT_EQ(red_of(*source, 0), 1);
  EXPECT_THAT(log.text(), HasSubstr("seg.png"));
  EXPECT_THAT(log.text(), HasSubstr("README"));
}

TEST(WebDataset, RefusesADamagedArchive) {
  const PairFolder folder;
  const auto whole = tar_of({{"1.png", png(1)}, {"1.txt", "one"}});
  for (const size_t bytes :
       {size_t{0}, size_t{100}, size_t{600}, size_t{1024}, whole.size() - 1024}) {
    const auto path = folder.write("s.tar", std::string_view(whole).substr(0, bytes));
    expect_error(ErrorCode::kBadData, {"s.tar"}, [&] { open_pairs(path, kLenient); });
  }
}

TEST(WebDataset, FingerprintFollowsTheContent) {
  const PairFolder folder;
  const auto of = [&](const Members& members) {
    return open_pairs(folder.write("s.tar", tar_of(members)))->fingerprint();
  };
  const auto base = of({{"1.png", png(1)}, {"1.txt", "one"}});
  EXPECT_EQ(of({{"1.txt", "one"}, {"1.png", png(1)}}), base);
  EXPECT_NE(of({{"1.png", png(1)}, {"1.txt", "two"}}), base);
  EXPECT_NE(of({{"2.png", png(1)}, {"2.txt", "one"}}), base);
  EXPECT_NE(of({{"1.png", png(1, 2, 3, 40)}, {"1.txt", "one"}}), base);
}

}  // namespace
}  // namespace clipstill::data
