// Image towers: [B, 3, S, S] -> features [B, feature_width()]. The projection to the joint space
// belongs to ClipModel.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "core/options.h"

namespace clipstill::nn {

struct ImageTowerOptions {
  std::string arch = "resnet";    // a name of image_tower_names()
  int64_t size = 64;              // S, pixels
  int64_t width = 32;             // channels of the first stage (CNNs) or token width (ViT)
  NumberList blocks{1, 2, 2, 2};  // blocks per stage (CNNs); their sum is the depth of a ViT
  int64_t patch = 8;              // ViT: patch edge, pixels
  int64_t head_width = 32;        // ViT: width of an attention head
  int64_t mlp_width = 0;          // ViT: width of the feed-forward part; 0 = 4 x width
  std::string activation = "gelu";
  double norm_epsilon = 1e-5;
};

class ImageTower : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(torch::Tensor images) = 0;  // [B, 3, S, S] -> [B, W]
  virtual int64_t feature_width() const = 0;
  /// Multiply-adds x 2 of one image, convolutions and matrix products only.
  virtual int64_t flops() const = 0;
  /// About how many floats are held at once for each image, without gradients; rather too many.
  /// A convolutional tower's widest layer is one of the first.
  virtual int64_t activations() const = 0;
};

void declare_options(OptionSet& set, const std::string& prefix, ImageTowerOptions& options);
StringList image_tower_names();
/// kUsage naming the nearest name where `arch` is unknown.
std::shared_ptr<ImageTower> make_image_tower(const ImageTowerOptions& options);

}  // namespace clipstill::nn
