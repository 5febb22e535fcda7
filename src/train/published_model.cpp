#include "train/published_model.h"

#include "pretrained/key_map.h"
#include "train/tensors.h"

namespace clipstill::train {
namespace {

using pretrained::Family;

// No clamp in effect: the reference libraries use the scale as it was trained.
constexpr double kMaxScale = 1000;

std::string image_arch(const pretrained::Config& config) {
  if (config.family == Family::kSiglip) return "siglip_vit";
  return config.image.stages.empty() ? "clip_vit" : "clip_resnet";
}

template <class TowerOptions>
void set_transformer(const pretrained::TowerConfig& tower, TowerOptions& options) {
  options.width = tower.width;
  options.mlp_width = tower.mlp_width;
  options.activation = tower.activation;
  options.norm_epsilon = tower.norm_epsilon;
}

std::string text_arch(Family family) {
  switch (family) {
    case Family::kSiglip:
      return "siglip_text";
    case Family::kChineseClip:
      return "bert";
    default:
      return "clip_text";
  }
}

}  // namespace

nn::ClipModelOptions options_of(const pretrained::Config& config) {
  nn::ClipModelOptions options;
  options.embed_dim = config.embed_dim;
  options.max_scale = kMaxScale;
  auto& image = options.image;
  set_transformer(config.image, image);
  image.arch = image_arch(config);
  image.head_width = config.image.head_width;
  image.size = config.image.size;
  if (config.image.stages.empty()) {
    image.patch = config.image.patch;
    image.blocks = {static_cast<double>(config.image.layers)};
  } else {
    image.blocks.assign(config.image.stages.begin(), config.image.stages.end());
    options.image_projection = "affine";
  }
  auto& text = options.text;
  set_transformer(config.text, text);
  text.arch = text_arch(config.family);
  text.head_width = config.text.head_width;
  text.layers = config.text.layers;
  text.context = config.text.context;
  text.positions = config.text.positions;
  if (config.family == Family::kSiglip) {
    options.image_projection = "none";
    options.text_projection = "affine";
    options.logit_bias = true;
  }
  return options;
}

bundle::WeightFiles published_weights(const std::filesystem::path& folder,
                                      const pretrained::Config& config) {
  return bundle::WeightFiles(folder, config.family == Family::kOpenClip
                                         ? bundle::WeightNames::kOpenClip
                                         : bundle::WeightNames::kTransformers);
}

void load_published_weights(const std::filesystem::path& folder, const pretrained::Config& config,
                            const nn::ClipModelImpl& network) {
  const auto weights = published_weights(folder, config);
  auto tensors = weights.tensors();
  std::erase_if(tensors, [](const auto& item) { return pretrained::is_unused(item.first); });
  copy_tensors(tensors, weights.path(), pretrained::key_map(config), named_tensors(network));
}

}  // namespace clipstill::train
