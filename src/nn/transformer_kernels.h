// The loops of a transformer that is run without gradients, in fp32: what takes libtorch several
// passes over memory. Each instruction set may round differently, as libtorch's own kernels do; the
// number of threads changes nothing.
#pragma once

#include <cstdint>

namespace clipstill::nn {

/// One head of one sequence: softmax(q k^T / sqrt(width) + bias) v. Rows lie `..._stride` floats
/// apart, of bias 0 if all queries share one row.
struct AttentionHead {
  const float* q;  // [queries, width]
  int64_t q_stride;
  const float *k, *v;  // [length, width]
  int64_t kv_stride;
  const float* bias;  // [queries or 1, length], or null; -infinity hides
  int64_t bias_stride;
  int64_t queries, length, width;
  float* out;  // [queries, width]
  int64_t out_stride;
};

/// Floats that attend_head() writes to beside its result.
int64_t attention_scratch(int64_t length, int64_t width);
void attend_head(const AttentionHead& head, float* scratch);

/// x = x sigmoid(x (linear + cubic x^2)), within 3e-7 of it relatively: "quick" GELU with 1.702 and
/// 0, GELU by its tanh approximation with 2 sqrt(2 / pi) and 0.044715 times that, because
/// (1 + tanh u) / 2 = sigmoid(2 u).
void sigmoid_gelu(float* x, int64_t count, float linear, float cubic);

}  // namespace clipstill::nn
