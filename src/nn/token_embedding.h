// Token embeddings, optionally factorised: a narrow table and a matrix to the tower's width
// (ALBERT, Lan et al. 2020), since the table is what breaks a small student's budget.
#pragma once

#include <torch/torch.h>

#include "nn/text_tower.h"

namespace clipstill::nn {

class TokenEmbeddingImpl : public torch::nn::Module {
 public:
  TokenEmbeddingImpl(int64_t vocabulary, int64_t width, int64_t table_width)
      : table_(register_module(
            "table", torch::nn::Embedding(vocabulary, table_width > 0 ? table_width : width))) {
    torch::nn::init::normal_(table_->weight, 0.0, table_width > 0 ? 0.1 : 0.02);
    if (table_width > 0) {
      factor_ = register_module(
          "factor", torch::nn::Linear(torch::nn::LinearOptions(table_width, width).bias(false)));
      torch::nn::init::normal_(factor_->weight, 0.0, 0.2 / std::sqrt(double(table_width)));
    }
  }

  torch::Tensor forward(const torch::Tensor& ids) {  // [B, L] -> [B, L, W]
    const auto rows = table_->forward(ids);
    return factor_ ? factor_->forward(rows) : rows;
  }

  int64_t parameters() const {
    return table_->weight.numel() + (factor_ ? factor_->weight.numel() : 0);
  }

  /// Of one token: the look-up costs nothing, the matrix does.
  int64_t flops() const { return factor_ ? 2 * factor_->weight.numel() : 0; }

 private:
  torch::nn::Embedding table_;
  torch::nn::Linear factor_{nullptr};
};
TORCH_MODULE(TokenEmbedding);

}  // namespace clipstill::nn
