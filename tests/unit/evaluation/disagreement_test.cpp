// Two models whose embeddings are written down, and what follows from them by hand.
#include "evaluation/disagreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../data/memory_pairs.h"
#include "evaluation/evaluate.h"

namespace clipstill::evaluation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kWidth = 6;
using Rows = std::vector<std::vector<float>>;

std::vector<float> flat(const Rows& rows) {
  std::vector<float> values;
  for (auto row : rows) {
    row.resize(kWidth);
    values.insert(values.end(), row.begin(), row.end());
  }
  return values;
}

std::vector<float> axis(int i) {
  std::vector<float> row(kWidth);
  row[static_cast<size_t>(i)] = 1;
  return row;
}

// Texts are "text 0", "text 1", …; their rows, also in prompts, are by that number.
Embedders embedders(Rows images, Rows texts) {
  return {.width = kWidth,
          .images = [images](const data::PairSet&) { return flat(images); },
          .texts =
              [texts](const std::vector<std::string>& asked) {
                Rows rows;
                for (const auto& text : asked) rows.push_back(texts[std::stoul(text.substr(5))]);
                return flat(rows);
              }};
}

class Disagreements : public testing::Test {
 protected:
  Disagreements() {
    auto records = data::numbered_records(6);
    // The seventh image has the text and the label of the sixth: one text query for both.
    records.push_back(data::record("r6", {{"text 5", "en", ""}}, "l5"));
    // No English text has the label of the eighth: nothing can be right for it.
    records.push_back(data::record("r7", {{"无", "zh", ""}}, "l7"));
    source_ = std::make_shared<data::MemoryPairs>(std::move(records));
    set_.emplace(data::whole_set(source_, {"en"}));
  }

  // Images on the axes 0 to 5; the seventh as the sixth, the eighth as the first.
  Rows images_{axis(0), axis(1), axis(2), axis(3), axis(4), axis(5), axis(5), axis(0)};
  // Wrong about 2 and 3 in both directions, and about text 4, which is nearest to image 0, while
  // image 4 is nearest to it.
  Embedders first_ =
      embedders(images_, {axis(0), axis(1), axis(3), axis(2), {0.8f, 0, 0, 0, 0.6f}, axis(5)});
  // Wrong about 1 and 2.
  Embedders second_ = embedders(images_, {axis(0), axis(2), axis(1), axis(3), axis(4), axis(5)});
  std::shared_ptr<data::MemoryPairs> source_;
  std::optional<data::PairSet> set_;
};

TEST_F(Disagreements, CountWhoIsRight) {
  const auto all = disagreements({*set_, first_}, {*set_, second_});
  ASSERT_EQ(all.size(), 2u);
  const auto& images = all[0];
  EXPECT_FALSE(images.kind.by_text);
  EXPECT_EQ(images.both_right, 4);  // 0, 4, 5, 6
  EXPECT_THAT(images.only_first, ElementsAre(1));
  EXPECT_THAT(images.only_second, ElementsAre(3));
  EXPECT_EQ(images.both_wrong, 1);  // 2; image 7 is not asked
  const auto& texts = all[1];
  EXPECT_TRUE(texts.kind.by_text);
  EXPECT_EQ(texts.both_right, 1);  // 5, whose two images are both right
  EXPECT_THAT(texts.only_first, ElementsAre(1));
  EXPECT_THAT(texts.only_second, ElementsAre(3, 4));
  EXPECT_EQ(texts.both_wrong, 2);  // 2; and 0, as near to image 7 as to image 0
}

TEST_F(Disagreements, AddUpToRecall) {
  const auto all = disagreements({*set_, first_}, {*set_, second_});
  const auto of_first = evaluate(*set_, first_).metrics,
             of_second = evaluate(*set_, second_).metrics;
  for (const auto& here : all) {
    const auto key = here.kind.by_text ? "en/text_to_image/recall@1" : "en/image_to_text/recall@1";
    const auto only_first = static_cast<double>(here.only_first.size());
    const auto only_second = static_cast<double>(here.only_second.size());
    const auto both = static_cast<double>(here.both_right);
    const double queries = both + only_first + only_second + static_cast<double>(here.both_wrong);
    EXPECT_DOUBLE_EQ(of_first.at(key), (both + only_first) / queries);
    EXPECT_DOUBLE_EQ(of_second.at(key), (both + only_second) / queries);
  }
}

TEST_F(Disagreements, AnswersAreTheNearestInOrder) {
  const Answers answers(*set_, first_);
  EXPECT_THAT(answers.nearest({0, /*by_text=*/true}, 4, 3), ElementsAre(0, 7, 4));
  EXPECT_THAT(answers.nearest({0, /*by_text=*/false}, 0, 2), ElementsAre(0, 4));
  EXPECT_THAT(answers.texts(0).samples, ElementsAre(0, 1, 2, 3, 4, 5));
}

std::vector<int64_t> queries_of(const std::vector<ChosenQuery>& chosen) {
  std::vector<int64_t> queries;
  for (const auto& one : chosen) queries.push_back(one.query);
  return queries;
}

TEST(ChosenQueries, TakeTurnsAndAreSpreadEvenly) {
  std::vector<Disagreement> all(4);
  for (int64_t query = 0; query < 10; ++query) all[0].only_first.push_back(query);
  all[1].only_first = {77};
  all[3].only_first = {3, 5, 8};
  const auto choose_first = [&](size_t count) {
    return queries_of(choose(all, &Disagreement::only_first, count));
  };
  EXPECT_THAT(choose_first(4), ElementsAre(2, 7, 77, 5));
  EXPECT_THAT(choose_first(2), ElementsAre(5, 77));
  EXPECT_EQ(choose_first(50).size(), 14u);
  EXPECT_THAT(queries_of(choose(all, &Disagreement::only_second, 4)), IsEmpty());
}

}  // namespace
}  // namespace clipstill::evaluation
