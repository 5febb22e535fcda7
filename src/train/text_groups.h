// Texts of one batch, encoded by length.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "nn/clip_model.h"

namespace clipstill::train {

/// ids [B, L], mask [B, L] bool -> embeddings [B, D] as ClipModel::encode_text gives them. Where a
/// few long texts would pad many short ones, the batch is encoded in two parts, each padded to its
/// own longest text: on the emoji pairs, where a tenth of the texts are lists of tags, that is less
/// than half of the work.
torch::Tensor encode_text_by_length(nn::ClipModel& model, const torch::Tensor& ids,
                                    const torch::Tensor& mask);

/// Texts are padded to a multiple of this, and parts are eighths of a batch: oneDNN compiles its
/// kernels anew for every shape, and keeps a thousand.
constexpr int64_t kLengthStep = 4;
constexpr int64_t kBatchParts = 8;

/// How many of the texts, sorted by length, go into the first part so that the two parts hold the
/// fewest tokens, padding included; 0 where a second part does not save a quarter of them.
/// `lengths` ascend.
int64_t length_cut(const std::vector<int64_t>& lengths);

}  // namespace clipstill::train
