#include "metrics/retrieval.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/parallel.h"

namespace clipstill::metrics {
namespace {

constexpr int64_t kQueryBlock = 32;

float dot(const float* a, const float* b, int64_t n) {
  constexpr int kLanes = 16;  // independent sums, so that the loop vectorises
  float sums[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (const float lane : sums) sum += lane;
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

const float* row(const Matrix& matrix, int64_t i) {
  return matrix.data.data() + i * matrix.columns;
}

void check(const Matrix& queries, const Matrix& targets) {
  if (queries.columns != targets.columns) {
    fail(ErrorCode::kInternal, "queries have {} dimensions, targets {}", queries.columns,
         targets.columns);
  }
}

// Calls body(query, scores) for all queries; the scores of one query live at a time per thread.
template <class Body>
void for_each_query(const Matrix& queries, const Matrix& targets, int threads, const Body& body) {
  check(queries, targets);
  const int64_t blocks = (queries.rows + kQueryBlock - 1) / kQueryBlock;
  parallel_for(
      static_cast<size_t>(blocks),
      [&](size_t block) {
        const int64_t first = static_cast<int64_t>(block) * kQueryBlock;
        const int64_t count = std::min(kQueryBlock, queries.rows - first);
        std::vector<float> scores(static_cast<size_t>(count * targets.rows));
        for (int64_t t = 0; t < targets.rows; ++t) {  // a target row serves the whole block
          for (int64_t q = 0; q < count; ++q) {
            scores[q * targets.rows + t] =
                dot(row(queries, first + q), row(targets, t), queries.columns);
          }
        }
        for (int64_t q = 0; q < count; ++q) {
          body(first + q, std::span<const float>(scores).subspan(q * targets.rows, targets.rows));
        }
      },
      threads);
}

}  // namespace

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
