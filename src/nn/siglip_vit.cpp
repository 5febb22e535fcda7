// The image tower of SigLIP (Zhai et al. 2023): a ViT without class token, whose patches are pooled
// by the attention of one learned query.
#include "nn/tower_transformer.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

/// x [B, P, W] -> [B, W]: attention of the probe to x, then a residual feed-forward part.
class AttentionPool : public torch::nn::Module {
 public:
  explicit AttentionPool(const TransformerOptions& o)
      : heads_(o.heads),
        gelu_(o.gelu),
        probe_(register_parameter("probe", torch::randn({1, 1, o.width}))),
        qkv_(register_module("qkv", torch::nn::Linear(o.width, 3 * o.width))),
        out_(register_module("out", torch::nn::Linear(o.width, o.width))),
        norm_(register_module("norm", layer_norm(o))),
        fc1_(register_module("fc1", torch::nn::Linear(o.width, mlp_width(o)))),
        fc2_(register_module("fc2", torch::nn::Linear(mlp_width(o), o.width))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const auto probe = probe_.expand({x.size(0), 1, x.size(2)});
    const auto y = out_->forward(attend(*qkv_, heads_, x, probe, /*bias=*/{})).squeeze(1);
    return y + fc2_->forward(gelu(fc1_->forward(norm_->forward(y)), gelu_));
  }

 private:
  int64_t heads_;
  Gelu gelu_;
  torch::Tensor probe_;
  torch::nn::Linear qkv_, out_;
  torch::nn::LayerNorm norm_;
  torch::nn::Linear fc1_, fc2_;
};

class SiglipVit final : public ImageTower {
 public:
  explicit SiglipVit(const ImageTowerOptions& o) : width_(o.width) {
    const auto options = vit_transformer(o);
    const int64_t patches = (o.size / o.patch) * (o.size / o.patch);
    patch_ = register_module(
        "patch", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, width_, o.patch).stride(o.patch)));
    position_ = register_parameter("position", torch::randn({patches, width_}) * 0.02);
    transformer_ = register_module("transformer", Transformer(options));
    pool_ = register_module("pool", std::make_shared<AttentionPool>(options));
    activations_ = layer_activations(options, patches);
    flops_ = 2 * patches * 3 * o.patch * o.patch * width_ + transformer_->flops(patches, patches) +
             layer_flops(options, patches, /*queries=*/1);
  }

  torch::Tensor forward(torch::Tensor images) override {
    const auto patches = patch_->forward(images).flatten(2).transpose(1, 2);  // [B, P, W]
    return pool_->forward(transformer_->forward(patches + position_));
  }
  int64_t feature_width() const override { return width_; }
  int64_t flops() const override { return flops_; }
  int64_t activations() const override { return activations_; }

 private:
  int64_t width_;
  int64_t flops_ = 0, activations_ = 0;
  torch::nn::Conv2d patch_{nullptr};
  torch::Tensor position_;
  Transformer transformer_{nullptr};
  std::shared_ptr<AttentionPool> pool_;
};

}  // namespace

std::shared_ptr<ImageTower> make_siglip_vit(const ImageTowerOptions& options) {
  return std::make_shared<SiglipVit>(options);
}

}  // namespace clipstill::nn
