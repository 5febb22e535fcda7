#include "nn/image_tower.h"

#include "nn/registry.h"
#include "nn/towers.h"
#include "nn/transformer.h"

namespace clipstill::nn {
namespace {

// A new image tower: one file with its factory, one line here.
const Registry<ImageTower, ImageTowerOptions> kImageTowers{"image tower",
                                                           {
                                                               {"resnet", make_resnet},
                                                               {"mobile", make_mobile},
                                                               {"vit", make_vit},
                                                               {"clip_vit", make_clip_vit},
                                                               {"siglip_vit", make_siglip_vit},
                                                               {"clip_resnet", make_clip_resnet},
                                                               {"seed_conv", make_seed_conv},
                                                           }};

}  // namespace

void declare_options(OptionSet& set, const std::string& prefix, ImageTowerOptions& options) {
  set.add(prefix + ".arch", options.arch, "image tower").choices(image_tower_names());
  set.add(prefix + ".size", options.size, "image edge in pixels").range(16, 1024);
  set.add(prefix + ".width", options.width, "channels of the first stage, or ViT token width")
      .range(1, 4096);
  set.add(prefix + ".blocks", options.blocks, "blocks per stage; a ViT sums them").range(1, 64);
  set.add(prefix + ".patch", options.patch, "ViT patch edge in pixels").range(1, 64);
  set.add(prefix + ".head_width", options.head_width, "ViT attention head width").range(1, 256);
  set.add(prefix + ".mlp_width", options.mlp_width, "ViT feed-forward width; 0 = 4 x width")
      .range(0, 32768);
  set.add(prefix + ".activation", options.activation, "ViT activation").choices(gelu_names());
  set.add(prefix + ".norm_epsilon", options.norm_epsilon, "ViT layer-norm epsilon")
      .range(1e-16, 1e-2);
}

StringList image_tower_names() {
  return kImageTowers.names();
}

std::shared_ptr<ImageTower> make_image_tower(const ImageTowerOptions& options) {
  return kImageTowers.make(options.arch, options);
}

}  // namespace clipstill::nn
