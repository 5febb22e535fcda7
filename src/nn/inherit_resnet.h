// Which parts of a teacher's ResNet a smaller one takes over.
#pragma once

#include "nn/inherit_parts.h"

namespace clipstill::nn {

struct BlockSource {
  std::string to;                 // the student's block: "image.blocks.1."
  std::vector<std::string> from;  // the teacher's that it stands for; its weights are the first's
  int64_t stride;
  torch::Tensor in, inner, out;  // the teacher's channels that are kept, int64
};

struct ResNetSource {
  torch::Tensor stem;  // kept channels
  std::vector<BlockSource> blocks;
};

/// Moves the convolutions and the projection of the student, which has what `source` says, nearer
/// to what the teacher computes on `images` [N, 3, S, S].
void fit_resnet(const Inheritance& both, const ResNetSource& source, const torch::Tensor& images);

}  // namespace clipstill::nn
