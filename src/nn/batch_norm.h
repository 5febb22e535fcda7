// Batch normalisation with what follows it in a residual network, in one pass over memory each
// way. A small convolutional student spends more time in separate normalisations, additions and
// rectifications than in its convolutions.
#pragma once

#include <torch/torch.h>

namespace clipstill::nn {

enum class Activation { kNone, kRelu };

/// activation(norm(x) + residual) for x [B, C, H, W]; `residual` of the same shape or undefined.
///
/// The same function as the libtorch operators one after the other (Ioffe and Szegedy 2015; running
/// averages with the unbiased variance), in float and bfloat16 on the CPU, computed in fp32 with
/// sums in an order that does not depend on the number of threads. Whatever else it is given
/// (double, another device, gradients in eval mode) goes through those operators.
torch::Tensor batch_norm(torch::nn::BatchNorm2d& norm, const torch::Tensor& x,
                         Activation activation, const torch::Tensor& residual = {});

}  // namespace clipstill::nn
