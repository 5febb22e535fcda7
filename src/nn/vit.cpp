// Vision transformer (Dosovitskiy et al. 2021): patches, a class token, learned positions.
#include <numeric>

#include "core/error.h"
#include "nn/towers.h"
#include "nn/transformer.h"

namespace clipstill::nn {
namespace {

class Vit final : public ImageTower {
 public:
  explicit Vit(const ImageTowerOptions& o) : width_(o.width) {
    if (o.size % o.patch != 0) {
      fail(ErrorCode::kUsage, "image tower vit: size {} is not a multiple of patch {}", o.size,
           o.patch);
    }
    const int64_t patches = (o.size / o.patch) * (o.size / o.patch);
    const auto depth = static_cast<int64_t>(std::accumulate(o.blocks.begin(), o.blocks.end(), 0.0));
    patch_ = register_module(
        "patch", torch::nn::Conv2d(
                     torch::nn::Conv2dOptions(3, o.width, o.patch).stride(o.patch).bias(false)));
    class_token_ = register_parameter("class_token", torch::randn({1, 1, o.width}) * 0.02);
    position_ = register_parameter("position", torch::randn({patches + 1, o.width}) * 0.02);
    transformer_ = register_module(
        "transformer", Transformer(TransformerOptions{
                           o.width, depth, head_count(o.width, o.head_width, "image tower vit")}));
    flops_ = 2 * patches * 3 * o.patch * o.patch * o.width + transformer_->flops(patches + 1);
  }

  torch::Tensor forward(torch::Tensor images) override {
    const auto patches = patch_->forward(images).flatten(2).transpose(1, 2);  // [B, P, W]
    const auto x = torch::cat({class_token_.expand({images.size(0), 1, width_}), patches}, 1);
    return transformer_->forward(x + position_).select(1, 0);
  }
  int64_t feature_width() const override { return width_; }
  int64_t flops() const override { return flops_; }

 private:
  int64_t width_;
  int64_t flops_ = 0;
  torch::nn::Conv2d patch_{nullptr};
  torch::Tensor class_token_, position_;
  Transformer transformer_{nullptr};
};

}  // namespace

std::shared_ptr<ImageTower> make_vit(const ImageTowerOptions& options) {
  return std::make_shared<Vit>(options);
}

}  // namespace clipstill::nn
