// Vision transformer (Dosovitskiy et al. 2021): patches, a class token, learned positions; CLIP's
// (Radford et al. 2021) normalises them before the first layer.
#include "core/error.h"
#include "nn/tower_transformer.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

class Vit final : public ImageTower {
 public:
  Vit(const ImageTowerOptions& o, bool norm_pre) : width_(o.width) {
    const auto options = vit_transformer(o);
    const int64_t patches = (o.size / o.patch) * (o.size / o.patch);
    patch_ = register_module(
        "patch", torch::nn::Conv2d(
                     torch::nn::Conv2dOptions(3, o.width, o.patch).stride(o.patch).bias(false)));
    class_token_ = register_parameter("class_token", torch::randn({1, 1, o.width}) * 0.02);
    position_ = register_parameter("position", torch::randn({patches + 1, o.width}) * 0.02);
    if (norm_pre) norm_pre_ = register_module("norm_pre", layer_norm(options));
    transformer_ = register_module("transformer", Transformer(options));
    activations_ = layer_activations(options, patches + 1);
    flops_ = 2 * patches * 3 * o.patch * o.patch * o.width + transformer_->flops(patches + 1);
  }

  torch::Tensor forward(torch::Tensor images) override {
    const auto patches = patch_->forward(images).flatten(2).transpose(1, 2);  // [B, P, W]
    auto x = torch::cat({class_token_.expand({images.size(0), 1, width_}), patches}, 1) + position_;
    if (norm_pre_) x = norm_pre_->forward(x);
    return transformer_->forward_token(x);
  }
  int64_t feature_width() const override { return width_; }
  int64_t flops() const override { return flops_; }
  int64_t activations() const override { return activations_; }

 private:
  int64_t width_;
  int64_t flops_ = 0, activations_ = 0;
  torch::nn::Conv2d patch_{nullptr};
  torch::Tensor class_token_, position_;
  torch::nn::LayerNorm norm_pre_{nullptr};
  Transformer transformer_{nullptr};
};

}  // namespace

std::shared_ptr<ImageTower> make_vit(const ImageTowerOptions& options) {
  if (options.size % options.patch != 0) {
    fail(ErrorCode::kUsage, "image tower vit: size {} is not a multiple of patch {}", options.size,
         options.patch);
  }
  return std::make_shared<Vit>(options, /*norm_pre=*/false);
}

std::shared_ptr<ImageTower> make_clip_vit(const ImageTowerOptions& options) {
  return std::make_shared<Vit>(options, /*norm_pre=*/true);
}

}  // namespace clipstill::nn
