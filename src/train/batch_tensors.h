// Loader buffers as tensors.
#pragma once

#include <torch/torch.h>

#include <utility>
#include <vector>

#include "data/loader.h"

namespace clipstill::train {

/// [count, 3, size, size], channels-last in memory, which CPU convolutions prefer. Copies.
inline torch::Tensor image_tensor(std::vector<float>& pixels, int64_t count, int64_t size) {
  return torch::from_blob(pixels.data(), {count, 3, size, size}, torch::kFloat)
      .clone(torch::MemoryFormat::ChannelsLast);
}

/// ids [B, L] int64 and mask [B, L] bool. Views of `tokens`, which must outlive them.
inline std::pair<torch::Tensor, torch::Tensor> token_tensors(text::TokenBatch& tokens) {
  return {torch::from_blob(tokens.ids.data(), {tokens.rows, tokens.length}, torch::kLong),
          torch::from_blob(tokens.mask.data(), {tokens.rows, tokens.length}, torch::kUInt8)
              .to(torch::kBool)};
}

/// [N, N] target distribution: 1 / count over the pairs of equal label or equal text.
inline torch::Tensor pair_targets(std::vector<int64_t>& labels, std::vector<int64_t>& texts) {
  const auto same = [](std::vector<int64_t>& ids) {
    const auto row = torch::from_blob(ids.data(), {static_cast<int64_t>(ids.size())}, torch::kLong);
    return row.unsqueeze(0) == row.unsqueeze(1);
  };
  const auto positive = same(labels).logical_or(same(texts)).to(torch::kFloat);
  return positive / positive.sum(1, /*keepdim=*/true);
}

}  // namespace clipstill::train
