// Scores of queries among targets, some queries at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "metrics/retrieval.h"

namespace clipstill::metrics {

inline constexpr int64_t kQueryBlock = 32;

inline float dot(const float* a, const float* b, int64_t n) {
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

inline const float* row(const Matrix& matrix, int64_t i) {
  return matrix.data.data() + i * matrix.columns;
}

inline void check(const Matrix& queries, const Matrix& targets) {
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

}  // namespace clipstill::metrics
