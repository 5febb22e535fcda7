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

/// The fp32 values of rows [B, D] on the CPU, row after row.
inline std::vector<float> values_of(const torch::Tensor& rows) {
  const auto flat = rows.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// ids [B, L] int64 and mask [B, L] bool. Views of `tokens`, which must outlive them.
inline std::pair<torch::Tensor, torch::Tensor> token_tensors(text::TokenBatch& tokens) {
  return {torch::from_blob(tokens.ids.data(), {tokens.rows, tokens.length}, torch::kLong),
          torch::from_blob(tokens.mask.data(), {tokens.rows, tokens.length}, torch::kUInt8)
              .to(torch::kBool)};
}

/// Target distributions [N, N] of images among texts and of texts among images: of each row 1 /
/// count over what belongs together in `matches` (Batch::matches).
inline std::pair<torch::Tensor, torch::Tensor> pair_targets(std::vector<uint8_t>& matches,
                                                            int64_t n) {
  const auto right = torch::from_blob(matches.data(), {n, n}, torch::kUInt8).to(torch::kFloat);
  const auto spread = [](const torch::Tensor& rows) {
    return rows / rows.sum(1, /*keepdim=*/true);
  };
  return {spread(right), spread(right.t().contiguous())};
}

}  // namespace clipstill::train
