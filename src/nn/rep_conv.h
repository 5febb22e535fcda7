// A convolution that trains as several parallel branches (k x k, 1 x 1 and identity, each with
// its own batch normalisation) and runs as one: in eval mode the branches are folded.
#pragma once

#include <torch/torch.h>

#include <utility>

#include "nn/conv_bn.h"

namespace clipstill::nn {

class RepConvImpl : public torch::nn::Module {
 public:
  explicit RepConvImpl(const ConvBnOptions& options) : options_(options) {
    main_ = register_module("main", ConvBn(options));
    if (options.kernel > 1) {
      auto point = options;
      point.kernel = 1;
      point_ = register_module("point", ConvBn(point));
    }
    if (options.in == options.out && options.stride == 1) {
      identity_ = register_module("identity", torch::nn::BatchNorm2d(options.out));
    }
  }

  /// The rectified sum of the branches.
  torch::Tensor forward(torch::Tensor x) {
    if (!is_training()) {
      auto [weight, bias] = folded();
      return torch::relu(
          torch::conv2d(x, weight, bias, options_.stride, options_.kernel / 2, 1, options_.groups));
    }
    // Each branch is the residual of the next; the last one rectifies the sum.
    torch::Tensor sum;
    if (identity_) sum = batch_norm(identity_, x, Activation::kNone);
    if (point_) sum = point_->forward(x, Activation::kNone, sum);
    return main_->forward(x, Activation::kRelu, sum);
  }

  /// Weight [out, in / groups, k, k] and bias [out] of the one convolution that equals the sum of
  /// the branches in eval mode.
  std::pair<torch::Tensor, torch::Tensor> folded() {
    auto [weight, bias] = fold(main_->conv()->weight, main_->bn());
    const int64_t pad = options_.kernel / 2;
    if (point_) {
      auto [w, b] = fold(point_->conv()->weight, point_->bn());
      weight = weight + torch::constant_pad_nd(w, {pad, pad, pad, pad});
      bias = bias + b;
    }
    if (identity_) {
      const int64_t per_group = options_.in / options_.groups;
      auto unit = torch::zeros_like(main_->conv()->weight);  // [out, in / groups, k, k]
      const auto channel = torch::arange(options_.out);
      unit.index_put_({channel, channel.remainder(per_group), pad, pad}, 1.0);
      auto [w, b] = fold(unit, identity_);
      weight = weight + w;
      bias = bias + b;
    }
    return {weight, bias};
  }

 private:
  static std::pair<torch::Tensor, torch::Tensor> fold(const torch::Tensor& weight,
                                                      const torch::nn::BatchNorm2d& bn) {
    const auto factor = bn->weight / torch::sqrt(bn->running_var + bn->options.eps());  // [out]
    return {weight * factor.view({-1, 1, 1, 1}), bn->bias - bn->running_mean * factor};
  }

  ConvBnOptions options_;
  ConvBn main_{nullptr}, point_{nullptr};
  torch::nn::BatchNorm2d identity_{nullptr};
};
TORCH_MODULE(RepConv);

}  // namespace clipstill::nn
