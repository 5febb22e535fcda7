// ResNet of basic blocks (He et al. 2015, with the "D" shortcut of He et al. 2018: average
// pooling before the 1x1 convolution), sized for small images: one stride-2 stem, no max pooling.
#include "core/error.h"
#include "nn/conv_bn.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

class BasicBlock : public torch::nn::Module {
 public:
  BasicBlock(int64_t in, int64_t out, int64_t stride)
      : stride_(stride),
        conv1_(register_module("conv1", ConvBn(ConvBnOptions{in, out, 3, stride}))),
        conv2_(register_module("conv2", ConvBn(ConvBnOptions{out, out, 3, 1}))) {
    if (in != out) shortcut_ = register_module("shortcut", ConvBn(ConvBnOptions{in, out, 1, 1}));
    // Each block starts as the identity (Goyal et al. 2017), which steadies early training.
    torch::nn::init::zeros_(conv2_->bn()->weight);
  }

  torch::Tensor forward(torch::Tensor x) {
    auto residual = stride_ > 1 ? torch::avg_pool2d(x, stride_) : x;
    if (shortcut_) residual = shortcut_->forward(residual);
    return conv2_->forward(conv1_->forward(x, Activation::kRelu), Activation::kRelu, residual);
  }

 private:
  int64_t stride_;
  ConvBn conv1_, conv2_;
  ConvBn shortcut_{nullptr};
};

class ResNet final : public ImageTower {
 public:
  explicit ResNet(const ImageTowerOptions& options) {
    int64_t edge = (options.size + 1) / 2;
    int64_t in = options.width;
    activations_ = 4 * edge * edge * in;
    stem_ = register_module("stem", ConvBn(ConvBnOptions{3, in, 3, 2}));
    flops_ += 2 * 9 * 3 * in * edge * edge;
    int64_t out = options.width;
    for (size_t stage = 0; stage < options.blocks.size(); ++stage) {
      for (int64_t block = 0; block < static_cast<int64_t>(options.blocks[stage]); ++block) {
        const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        if (stride > 1 && edge % 2 != 0) {
          fail(ErrorCode::kUsage,
               "image tower resnet: size {} does not halve {} times; use a multiple of {}",
               options.size, options.blocks.size(), int64_t{1} << options.blocks.size());
        }
        edge /= stride;
        blocks_->push_back(BasicBlock(in, out, stride));
        flops_ += 2 * edge * edge * out * (9 * in + 9 * out + (in == out ? 0 : in));
        in = out;
      }
      out *= 2;
    }
    width_ = in;
    register_module("blocks", blocks_);
  }

  torch::Tensor forward(torch::Tensor images) override {
    auto x = stem_->forward(images, Activation::kRelu);
    for (const auto& block : *blocks_) x = block->as<BasicBlock>()->forward(x);
    return x.mean({2, 3});  // [B, W]
  }
  int64_t feature_width() const override { return width_; }
  int64_t flops() const override { return flops_; }
  int64_t activations() const override { return activations_; }

 private:
  ConvBn stem_{nullptr};
  torch::nn::ModuleList blocks_;
  int64_t width_ = 0;
  int64_t flops_ = 0, activations_ = 0;
};

}  // namespace

std::shared_ptr<ImageTower> make_resnet(const ImageTowerOptions& options) {
  return std::make_shared<ResNet>(options);
}

}  // namespace clipstill::nn
