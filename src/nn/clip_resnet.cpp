// The ResNet tower of CLIP (Radford et al. 2021): bottlenecks (He et al. 2015) with a stem of three
// convolutions, average pooling where others have strides, and attention instead of the mean.
#include "core/error.h"
#include "nn/conv_bn.h"
#include "nn/towers.h"
#include "nn/transformer.h"

namespace clipstill::nn {
namespace {

constexpr int64_t kExpansion = 4;  // of a bottleneck's width

class Bottleneck : public torch::nn::Module {
 public:
  Bottleneck(int64_t in, int64_t width, int64_t stride)
      : stride_(stride),
        conv1_(register_module("conv1", ConvBn(ConvBnOptions{in, width, 1, 1}))),
        conv2_(register_module("conv2", ConvBn(ConvBnOptions{width, width, 3, 1}))),
        conv3_(register_module("conv3", ConvBn(ConvBnOptions{width, kExpansion * width, 1, 1}))) {
    if (stride > 1 || in != kExpansion * width) {
      shortcut_ = register_module("shortcut", ConvBn(ConvBnOptions{in, kExpansion * width, 1, 1}));
    }
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const auto pooled = [&](const torch::Tensor& y) {
      return stride_ > 1 ? torch::avg_pool2d(y, stride_) : y;
    };
    const auto y = conv2_->forward(conv1_->forward(x, Activation::kRelu), Activation::kRelu);
    const auto residual = shortcut_ ? shortcut_->forward(pooled(x)) : x;
    return conv3_->forward(pooled(y), Activation::kRelu, residual);
  }

 private:
  int64_t stride_;
  ConvBn conv1_, conv2_, conv3_;
  ConvBn shortcut_{nullptr};
};

class ClipResnet final : public ImageTower {
 public:
  explicit ClipResnet(const ImageTowerOptions& o) {
    const auto stages = o.blocks.size();
    const int64_t reduction = 4 << (stages - 1);
    if (o.size % reduction != 0) {
      fail(ErrorCode::kUsage, "image tower clip_resnet: size {} is not a multiple of {}", o.size,
           reduction);
    }
    int64_t edge = o.size / 2;
    activations_ = 6 * edge * edge * o.width;
    stem1_ = convolution("stem1", {3, o.width / 2, 3, 2}, edge);
    stem2_ = convolution("stem2", {o.width / 2, o.width / 2, 3, 1}, edge);
    stem3_ = convolution("stem3", {o.width / 2, o.width, 3, 1}, edge);
    edge /= 2;
    int64_t in = o.width, width = o.width;
    for (size_t stage = 0; stage < stages; ++stage, width *= 2) {
      for (int64_t block = 0; block < static_cast<int64_t>(o.blocks[stage]); ++block) {
        const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        const int64_t out = kExpansion * width, after = edge / stride;
        blocks_->push_back(Bottleneck(in, width, stride));
        flops_ += 2 * edge * edge * width * (in + 9 * width) + 2 * after * after * out * width;
        if (stride > 1 || in != out) flops_ += 2 * after * after * out * in;
        edge = after;
        in = out;
      }
    }
    register_module("blocks", blocks_);
    width_ = in;
    heads_ = head_count(in, o.head_width, "image tower clip_resnet");
    position_ =
        register_parameter("position", torch::randn({edge * edge + 1, in}) / std::sqrt(double(in)));
    qkv_ = register_module("qkv", torch::nn::Linear(in, 3 * in));
    const int64_t tokens = edge * edge + 1;
    flops_ += 2 * in * in * (1 + 2 * tokens) + 4 * tokens * in;
  }

  torch::Tensor forward(torch::Tensor images) override {
    auto x = stem1_->forward(images, Activation::kRelu);
    x = stem3_->forward(stem2_->forward(x, Activation::kRelu), Activation::kRelu);
    x = torch::avg_pool2d(x, 2);
    for (const auto& block : *blocks_) x = block->as<Bottleneck>()->forward(x);
    x = x.flatten(2).transpose(1, 2);  // [B, P, W]
    x = torch::cat({x.mean(1, /*keepdim=*/true), x}, 1) + position_;
    return attend(*qkv_, heads_, x, x.narrow(1, 0, 1), /*bias=*/{}).squeeze(1);
  }
  int64_t feature_width() const override { return width_; }
  int64_t flops() const override { return flops_; }
  int64_t activations() const override { return activations_; }

 private:
  ConvBn convolution(const std::string& name, const ConvBnOptions& o, int64_t edge) {
    flops_ += 2 * 9 * o.in * o.out * edge * edge;
    return register_module(name, ConvBn(o));
  }

  ConvBn stem1_{nullptr}, stem2_{nullptr}, stem3_{nullptr};
  torch::nn::ModuleList blocks_;
  int64_t width_ = 0, heads_ = 0;
  int64_t flops_ = 0, activations_ = 0;
  torch::Tensor position_;
  torch::nn::Linear qkv_{nullptr};
};

}  // namespace

std::shared_ptr<ImageTower> make_clip_resnet(const ImageTowerOptions& options) {
  return std::make_shared<ClipResnet>(options);
}

}  // namespace clipstill::nn
