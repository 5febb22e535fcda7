#include "nn/image_tower.h"

#include "nn/registry.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

// A new image tower: one file with its factory, one line here.
const Registry<ImageTower, ImageTowerOptions> kImageTowers{"image tower",
                                                           {
                                                               {"resnet", make_resnet},
                                                               {"mobile", make_mobile},
                                                               {"vit", make_vit},
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
}

StringList image_tower_names() {
  return kImageTowers.names();
}

std::shared_ptr<ImageTower> make_image_tower(const ImageTowerOptions& options) {
  return kImageTowers.make(options.arch, options);
}

}  // namespace clipstill::nn
