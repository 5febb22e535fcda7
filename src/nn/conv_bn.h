// Convolution without bias, then batch normalisation.
#pragma once

#include <torch/torch.h>

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
      : conv_(register_module("conv",
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(o.in, o.out, o.kernel)
                                                    .stride(o.stride)
                                                    .padding(o.kernel / 2)
                                                    .groups(o.groups)
                                                    .bias(false)))),
        bn_(register_module("bn", torch::nn::BatchNorm2d(o.out))) {
    torch::nn::init::kaiming_normal_(conv_->weight, 0.0, torch::kFanOut, torch::kReLU);
  }

  torch::Tensor forward(torch::Tensor x) { return bn_->forward(conv_->forward(x)); }

  torch::nn::Conv2d& conv() { return conv_; }
  torch::nn::BatchNorm2d& bn() { return bn_; }

 private:
  torch::nn::Conv2d conv_;
  torch::nn::BatchNorm2d bn_;
};
TORCH_MODULE(ConvBn);

}  // namespace clipstill::nn
