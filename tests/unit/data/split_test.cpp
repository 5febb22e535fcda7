#include "data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "../core/expect_error.h"
#include "memory_pairs.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PairRecord in(const std::string& id, const std::string& domain, const std::string& split = {}) {
  return record(id, {{"text", "en", ""}}, id, domain, split);
}

MemoryPairs many(int count) {
  std::vector<PairRecord> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(in("id-" + std::to_string(i), i % 4 == 0 ? "held" : "kept"));
  }
  return MemoryPairs(std::move(records));
}

SplitOptions options_of(const std::string& holdout, double validation) {
  SplitOptions options;
  options.holdout = holdout;
  options.validation_share = validation;
  return options;
}

TEST(Split, EachRecordGoesWhereItBelongs) {
  const MemoryPairs source({in("0", "a"), in("1", "b"), in("2", "a", "val"), in("3", "a", "test"),
                            in("4", "b", "train"), in("5", "c"), in("6", "a", "train"),
                            in("7", "b", "val")});
  const auto own = split_records(source, options_of("", 0));
  EXPECT_THAT(own.train, ElementsAre(0, 1, 4, 5, 6));
  EXPECT_THAT(own.validation, ElementsAre(2, 7));
  EXPECT_THAT(own.test, ElementsAre(3));
  // A held-out domain is tested whole, whatever its records say.
  const auto held = split_records(source, options_of("b", 0));
  EXPECT_THAT(held.train, ElementsAre(0, 5, 6));
  EXPECT_THAT(held.validation, ElementsAre(2));
  EXPECT_THAT(held.test, ElementsAre(1, 3, 4, 7));
  auto options = options_of("b", 0);
  options.exclude = {"a"};
  const auto without = split_records(source, options);
  EXPECT_THAT(without.train, ElementsAre(5));
  EXPECT_THAT(without.validation, IsEmpty());
  EXPECT_THAT(without.test, ElementsAre(1, 4, 7));
}

TEST(Split, RecordsThatSayTrainNeverValidate) {
  std::vector<PairRecord> records;
  for (int i = 0; i < 100; ++i) records.push_back(in(std::to_string(i), "", "train"));
  EXPECT_THAT(split_records(MemoryPairs(records), options_of("", 0.5)).validation, IsEmpty());
}

TEST(Split, SharesHoldAndPartsAreApart) {
  const auto source = many(8000);
  auto options = options_of("held", 0.1);
  options.train_share = 0.25;
  const auto splits = split_records(source, options);
  EXPECT_EQ(splits.test.size(), 2000u);
  EXPECT_NEAR(static_cast<double>(splits.validation.size()), 600, 80);
  EXPECT_NEAR(static_cast<double>(splits.train.size()), 1350, 120);
  std::set<size_t> all;
  for (const auto* part : {&splits.train, &splits.validation, &splits.test}) {
    for (const size_t i : *part) EXPECT_TRUE(all.insert(i).second);
  }
  for (const size_t i : splits.train) EXPECT_EQ(source.records()[i].domain, "kept");
  for (const size_t i : splits.validation) EXPECT_EQ(source.records()[i].domain, "kept");
}

TEST(Split, MoreRecordsOrLessTrainingMoveNoRecord) {
  const auto small = many(500), large = many(1000);
  auto options = options_of("held", 0.2);
  const auto before = split_records(small, options), after = split_records(large, options);
  const std::set<size_t> later(after.train.begin(), after.train.end());
  for (const size_t i : before.train) EXPECT_TRUE(later.contains(i));
  options.train_share = 0.5;
  const auto half = split_records(small, options);
  EXPECT_EQ(half.validation, before.validation);
  EXPECT_LT(half.train.size(), before.train.size());
}

TEST(Split, IsAFunctionOfItsSeed) {
  const auto source = many(400);
  auto options = options_of("held", 0.2);
  const auto first = split_records(source, options);
  EXPECT_EQ(split_records(source, options).validation, first.validation);
  options.seed = 2;
  EXPECT_NE(split_records(source, options).validation, first.validation);
}

TEST(Split, UnknownDomainsAreRefusedNamingTheKnown) {
  const auto source = many(8);
  auto options = options_of("helt", 0);
  expect_error(ErrorCode::kUsage, {"\"helt\"", "held, kept"},
               [&] { split_records(source, options); });
  options = options_of("held", 0);
  options.exclude = {"nowhere"};
  expect_error(ErrorCode::kUsage, {"\"nowhere\""}, [&] { split_records(source, options); });
}

TEST(Split, NothingLeftToTrainOnIsRefused) {
  const MemoryPairs source({in("0", "a"), in("1", "a", "val")});
  expect_error(ErrorCode::kBadData, {"no record is left to train on", "2 for the test"},
               [&] { split_records(source, options_of("a", 0)); });
}

}  // namespace
}  // namespace clipstill::data
