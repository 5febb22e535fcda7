// A mobile CNN of depthwise-separable blocks with over-parameterised branches that fold into one
// convolution for inference (MobileOne, Vasu et al. 2022; RepVGG, Ding et al. 2021).
#include "core/error.h"
#include "nn/rep_conv.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

class Mobile final : public ImageTower {
 public:
  explicit Mobile(const ImageTowerOptions& options) {
    int64_t edge = (options.size + 1) / 2;
    int64_t in = options.width;
    add(3, in, 3, 2, 1, edge);
    int64_t out = options.width;
    for (size_t stage = 0; stage < options.blocks.size(); ++stage) {
      for (int64_t block = 0; block < static_cast<int64_t>(options.blocks[stage]); ++block) {
        const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        edge = (edge + stride - 1) / stride;
        add(in, in, 3, stride, in, edge);  // depthwise
        add(in, out, 1, 1, 1, edge);       // pointwise
        in = out;
      }
      out *= 2;
    }
    width_ = in;
    register_module("convs", convs_);
  }

  torch::Tensor forward(torch::Tensor images) override {
    auto x = images;
    for (const auto& conv : *convs_) x = conv->as<RepConv>()->forward(x);
    return x.mean({2, 3});  // [B, W]
  }
  int64_t feature_width() const override { return width_; }
  int64_t flops() const override { return flops_; }
  int64_t activations() const override { return activations_; }

 private:
  void add(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups, int64_t edge) {
    convs_->push_back(RepConv(ConvBnOptions{in, out, kernel, stride, groups}));
    activations_ = std::max(activations_, 4 * out * edge * edge);
    flops_ += 2 * kernel * kernel * (in / groups) * out * edge * edge;
  }

  torch::nn::ModuleList convs_;
  int64_t width_ = 0;
  int64_t flops_ = 0, activations_ = 0;
};

}  // namespace

std::shared_ptr<ImageTower> make_mobile(const ImageTowerOptions& options) {
  return std::make_shared<Mobile>(options);
}

}  // namespace clipstill::nn
