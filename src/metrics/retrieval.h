// Retrieval metrics on L2-normalised embeddings, in memory that does not grow with N x M.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clipstill::metrics {

/// A row-major matrix of floats, [rows, columns].
struct Matrix {
  std::span<const float> data;
  int64_t rows = 0, columns = 0;
};

/// For each query, the rank (0 = first) of the best correct target: the number of targets of
/// another label with a score strictly above the best correct one, plus those of equal score
/// (ties count against the model). Scores are dot products; blocked, multi-threaded.
/// Queries whose label no target has get rank -1.
std::vector<int64_t> correct_ranks(const Matrix& queries, std::span<const int64_t> query_labels,
                                   const Matrix& targets, std::span<const int64_t> target_labels,
                                   int threads = 0);

/// Share of ranks below k, in [0, 1]; ranks of -1 are left out.
double recall_at(std::span<const int64_t> ranks, int k);

/// Indices of the k best targets of each query, [queries, k], best first; ties by lower index.
std::vector<int64_t> top_k(const Matrix& queries, const Matrix& targets, int k, int threads = 0);

}  // namespace clipstill::metrics
