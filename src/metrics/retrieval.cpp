#include "metrics/retrieval.h"

#include <algorithm>
#include <numeric>

#include "metrics/scores.h"

namespace clipstill::metrics {

std::vector<int64_t> correct_ranks(const Matrix& queries, std::span<const int64_t> query_labels,
                                   const Matrix& targets, std::span<const int64_t> target_labels,
                                   int threads) {
  std::vector<int64_t> ranks(static_cast<size_t>(queries.rows), -1);
  for_each_query(queries, targets, threads, [&](int64_t query, std::span<const float> scores) {
    const int64_t label = query_labels[query];
    bool found = false;
    float best = 0;
    for (size_t t = 0; t < scores.size(); ++t) {
      if (target_labels[t] != label || (found && scores[t] <= best)) continue;
      best = scores[t];
      found = true;
    }
    if (!found) return;
    int64_t rank = 0;
    for (size_t t = 0; t < scores.size(); ++t) {
      // !(<): a NaN counts against the model too.
      rank += target_labels[t] != label && !(scores[t] < best);
    }
    ranks[query] = rank;
  });
  return ranks;
}

double recall_at(std::span<const int64_t> ranks, int k) {
  int64_t hits = 0, counted = 0;
  for (const int64_t rank : ranks) {
    counted += rank >= 0;
    hits += rank >= 0 && rank < k;
  }
  return counted > 0 ? static_cast<double>(hits) / static_cast<double>(counted) : 0.0;
}

std::vector<int64_t> top_k(const Matrix& queries, const Matrix& targets, int k, int threads) {
  const int64_t kept = std::min<int64_t>(k, targets.rows);
  std::vector<int64_t> best(static_cast<size_t>(queries.rows * kept));
  for_each_query(queries, targets, threads, [&](int64_t query, std::span<const float> scores) {
    std::vector<int64_t> order(scores.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    std::partial_sort(order.begin(), order.begin() + kept, order.end(), [&](int64_t a, int64_t b) {
      return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    });
    std::copy_n(order.begin(), kept, best.begin() + query * kept);
  });
  return best;
}

}  // namespace clipstill::metrics
