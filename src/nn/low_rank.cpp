#include "nn/low_rank.h"

#include <algorithm>

namespace clipstill::nn {

std::pair<torch::Tensor, torch::Tensor> low_rank(const torch::Tensor& left,
                                                 const torch::Tensor& right, int64_t rank) {
  // The product of thin matrices is decomposed by what is between their orthonormal factors.
  const auto [q_left, r_left] = at::linalg_qr(left, "reduced");         // [m, p], [p, k]
  const auto [q_right, r_right] = at::linalg_qr(right.t(), "reduced");  // [n, q], [q, k]
  const auto [u, s, vh] = at::linalg_svd(r_left.matmul(r_right.t()), /*full_matrices=*/false);
  const int64_t kept = std::min(rank, s.size(0));
  const auto root = s.narrow(0, 0, kept).sqrt();
  const auto a = q_left.matmul(u.narrow(1, 0, kept)) * root;                     // [m, kept]
  const auto b = root.unsqueeze(1) * vh.narrow(0, 0, kept).matmul(q_right.t());  // [kept, n]
  return {torch::constant_pad_nd(a, {0, rank - kept}),
          torch::constant_pad_nd(b, {0, 0, 0, rank - kept})};
}

}  // namespace clipstill::nn
