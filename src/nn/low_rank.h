// The best factors of a given rank (Eckart and Young 1936).
#pragma once

#include <torch/torch.h>

#include <utility>

namespace clipstill::nn {

/// Factors A [m, rank] and B [rank, n] whose product is, of all of that rank, nearest to
/// left [m, k] x right [k, n] in the Frobenius norm; both carry the square roots of the singular
/// values. Where the product has a lower rank, the rest is zero.
std::pair<torch::Tensor, torch::Tensor> low_rank(const torch::Tensor& left,
                                                 const torch::Tensor& right, int64_t rank);

}  // namespace clipstill::nn
