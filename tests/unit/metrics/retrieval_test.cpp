#include "metrics/retrieval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../core/expect_error.h"
#include "core/random.h"

namespace clipstill::metrics {
namespace {

using testing::ElementsAre;

// Targets are the unit vectors, so that a query's scores are its own entries.
std::vector<float> identity(int64_t n) {
  std::vector<float> out(static_cast<size_t>(n * n), 0.0f);
  for (int64_t i = 0; i < n; ++i) out[static_cast<size_t>(i * n + i)] = 1;
  return out;
}

std::vector<int64_t> ranks_of_scores(const std::vector<float>& scores,
                                     const std::vector<int64_t>& query_labels,
                                     const std::vector<int64_t>& target_labels) {
  const auto n = static_cast<int64_t>(target_labels.size());
  const auto targets = identity(n);
  return correct_ranks({scores, static_cast<int64_t>(query_labels.size()), n}, query_labels,
                       {targets, n, n}, target_labels);
}

TEST(Ranks, ByHand) {
  EXPECT_THAT(ranks_of_scores({0.9f, 0.1f, 0.2f,   // right at once
                               0.3f, 0.2f, 0.1f,   // one is better
                               0.5f, 0.6f, 0.4f},  // two are
                              {0, 1, 2}, {0, 1, 2}),
              ElementsAre(0, 1, 2));
}

TEST(Ranks, TheBestOfSeveralRightTargetsCounts) {
  // Label 5 at scores 0.2 and 0.7, label 6 at 0.5 and 0.8.
  EXPECT_THAT(ranks_of_scores({0.2f, 0.5f, 0.7f, 0.8f}, {5}, {5, 6, 5, 6}), ElementsAre(1));
  // Another right target before the best one is no mistake.
  EXPECT_THAT(ranks_of_scores({0.9f, 0.5f, 0.8f, 0.1f}, {5}, {5, 6, 5, 6}), ElementsAre(0));
}

TEST(Ranks, TiesCountAgainstTheModel) {
  EXPECT_THAT(ranks_of_scores({0.5f, 0.5f, 0.5f}, {0}, {0, 1, 2}), ElementsAre(2));
  EXPECT_THAT(ranks_of_scores({0.5f, 0.5f, 0.5f}, {2}, {0, 1, 2}), ElementsAre(2));
  // A collapsed model, all scores equal, is right about nothing.
  EXPECT_THAT(ranks_of_scores({0, 0, 0, 0}, {1}, {0, 1, 1, 0}), ElementsAre(2));
}

TEST(Ranks, NanCountsAgainstTheModel) {
  const float nan = std::nanf("");
  const std::vector<float> queries{1, nan}, targets{1, 0, 0, 1};
  const std::vector<int64_t> labels{0, 1}, query_label{0};
  EXPECT_THAT(correct_ranks({queries, 1, 2}, query_label, {targets, 2, 2}, labels), ElementsAre(1));
}

TEST(Ranks, AQueryWithoutTargetIsLeftOut) {
  const auto ranks = ranks_of_scores({0.9f, 0.1f, 0.1f, 0.9f}, {0, 7}, {0, 1});
  EXPECT_THAT(ranks, ElementsAre(0, -1));
  EXPECT_EQ(recall_at(ranks, 1), 1.0);
}

TEST(Recall, ByHand) {
  const std::vector<int64_t> ranks{0, 1, 4, 5, 9, 10, -1, 0};
  EXPECT_DOUBLE_EQ(recall_at(ranks, 1), 2.0 / 7);
  EXPECT_DOUBLE_EQ(recall_at(ranks, 5), 4.0 / 7);
  EXPECT_DOUBLE_EQ(recall_at(ranks, 10), 6.0 / 7);
  EXPECT_EQ(recall_at({}, 1), 0.0);
  EXPECT_EQ(recall_at(std::vector<int64_t>{-1, -1}, 1), 0.0);
}

struct Random {
  std::vector<float> values;
  std::vector<int64_t> labels;
};

Random random_rows(int64_t rows, int64_t columns, int64_t label_count, uint64_t seed) {
  Rng rng{seed};
  Random out;
  for (int64_t i = 0; i < rows * columns; ++i) {
    out.values.push_back(static_cast<float>(static_cast<int>(rng.below(7)) - 3));  // ties happen
  }
  for (int64_t i = 0; i < rows; ++i) {
    out.labels.push_back(static_cast<int64_t>(rng.below(static_cast<uint64_t>(label_count))));
  }
  return out;
}

// The definition, with sums that are exact for small whole numbers.
int64_t plain_rank(const Random& queries, int64_t query, const Random& targets, int64_t columns) {
  std::vector<double> scores;
  double best = -INFINITY;
  for (size_t t = 0; t < targets.labels.size(); ++t) {
    double score = 0;
    for (int64_t i = 0; i < columns; ++i) {
      score += queries.values[query * columns + i] * targets.values[t * columns + i];
    }
    scores.push_back(score);
    if (targets.labels[t] == queries.labels[query]) best = std::max(best, score);
  }
  int64_t rank = 0;
  for (size_t t = 0; t < scores.size(); ++t) {
    rank += targets.labels[t] != queries.labels[query] && scores[t] >= best;
  }
  return rank;
}

TEST(Ranks, AgreeWithTheDefinitionForAnyShapeAndThreads) {
  // Around the block of queries (32) and the lanes of the product (16).
  for (const int64_t columns : {1, 15, 16, 17, 40}) {
    for (const int64_t rows : {1, 31, 33, 70}) {
      const auto queries = random_rows(rows, columns, 5, 1),
                 targets = random_rows(50, columns, 5, 2);
      std::vector<int64_t> expected;
      for (int64_t q = 0; q < rows; ++q) {
        expected.push_back(plain_rank(queries, q, targets, columns));
      }
      for (const int threads : {1, 3}) {
        EXPECT_EQ(correct_ranks({queries.values, rows, columns}, queries.labels,
                                {targets.values, 50, columns}, targets.labels, threads),
                  expected)
            << rows << " x " << columns;
      }
    }
  }
}

TEST(TopK, BestFirstAndTiesByIndex) {
  const auto targets = identity(4);
  const std::vector<float> queries{0.1f, 0.4f, 0.3f, 0.2f, 1, 1, 2, 1};
  EXPECT_THAT(top_k({queries, 2, 4}, {targets, 4, 4}, 3), ElementsAre(1, 2, 3, 2, 0, 1));
  EXPECT_THAT(top_k({queries, 2, 4}, {targets, 4, 4}, 9),
              ElementsAre(1, 2, 3, 0, 2, 0, 1, 3));  // no more than there are
}

TEST(Retrieval, WidthsMustAgree) {
  const std::vector<float> values{1, 2, 3, 4};
  const std::vector<int64_t> labels{0, 1};
  expect_error(ErrorCode::kInternal, {"2", "1"}, [&] {
    correct_ranks({values, 2, 2}, labels, {values, 2, 1}, labels);
  });
}

}  // namespace
}  // namespace clipstill::metrics
