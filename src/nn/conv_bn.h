// Convolution without bias, then batch normalisation and what follows it.
#pragma once

#include <torch/torch.h>

#include "nn/batch_norm.h"

namespace clipstill::nn {

struct ConvBnOptions {
  int64_t in = 0, out = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t groups = 1;
};

class ConvBnImpl : public torch::nn::Module {
 public:
  explicit ConvBnImpl(const ConvBnOptions& o)
      : step_(o.kernel == 1 ? o.stride : 1),
        conv_(register_module("conv",
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(o.in, o.out, o.kernel)
                                                    .stride(o.stride / step_)
                                                    .padding(o.kernel / 2)
                                                    .groups(o.groups)
                                                    .bias(false)))),
        bn_(register_module("bn", torch::nn::BatchNorm2d(o.out))) {
    torch::nn::init::kaiming_normal_(conv_->weight, 0.0, torch::kFanOut, torch::kReLU);
  }

  /// activation(bn(conv(x)) + residual); `residual` may be undefined.
  torch::Tensor forward(const torch::Tensor& x, Activation activation = Activation::kNone,
                        const torch::Tensor& residual = {}) {
    return batch_norm(bn_, conv_->forward(every_step(x)), activation, residual);
  }

  torch::nn::Conv2d& conv() { return conv_; }
  torch::nn::BatchNorm2d& bn() { return bn_; }

 private:
  // What a 1 x 1 convolution sees of its input. It has no stride of its own, because its gradient
  // in libtorch 1.13 (oneDNN) then writes beyond the end of its memory; found by valgrind.
  torch::Tensor every_step(const torch::Tensor& x) const {
    if (step_ == 1) return x;
    return x.slice(2, 0, x.size(2), step_)
        .slice(3, 0, x.size(3), step_)
        .contiguous(torch::MemoryFormat::ChannelsLast);
  }

  int64_t step_;
  torch::nn::Conv2d conv_;
  torch::nn::BatchNorm2d bn_;
};
TORCH_MODULE(ConvBn);

}  // namespace clipstill::nn
