// Defaults are those of transformers' CLIPConfig, ChineseCLIPConfig and SiglipConfig: a published
// config.json leaves out what equals them.
#include "pretrained/layouts.h"

namespace clipstill::pretrained {
namespace {

struct Defaults {
  Family family;
  const char* model_type;
  const char* architecture;
  TowerConfig image, text;
  int64_t patch, vocabulary, positions;
};

const Defaults kFamilies[] = {
    {Family::kClip,
     "clip",
     "CLIPModel",
     {768, 12, 64, 3072, "quick_gelu", 1e-5},
     {512, 12, 64, 2048, "quick_gelu", 1e-5},
     32,
     49408,
     77},
    {Family::kChineseClip,
     "chinese_clip",
     "ChineseCLIPModel",
     {768, 12, 64, 3072, "quick_gelu", 1e-5},
     {768, 12, 64, 3072, "gelu", 1e-12},
     32,
     30522,
     512},
    {Family::kSiglip,
     "siglip",
     "SiglipModel",
     {768, 12, 64, 3072, "gelu_pytorch_tanh", 1e-6},
     {768, 12, 64, 3072, "gelu_pytorch_tanh", 1e-6},
     16,
     32000,
     64},
};

constexpr int64_t kChineseClipContext = 52;  // of its paper and its processor; BERT has 512 rows

const Defaults& family_of(const ConfigObject& root) {
  const auto type = root.text("model_type", "");
  for (const auto& family : kFamilies) {
    if (type == family.model_type) return family;
  }
  root.refuse("model_type", "\"clip\", \"chinese_clip\" or \"siglip\"");
}

std::string activation(const ConfigObject& tower, const std::string& otherwise) {
  const auto name = tower.text("hidden_act", otherwise);
  if (name == "gelu_pytorch_tanh" || name == "gelu_new") return "gelu_tanh";
  if (name == "gelu" || name == "quick_gelu") return name;
  tower.refuse("hidden_act", "\"gelu\", \"quick_gelu\" or \"gelu_pytorch_tanh\"");
}

void read_tower(const ConfigObject& tower, const TowerConfig& defaults, TowerConfig& out) {
  out.width = tower.integer("hidden_size", defaults.width, 1, kMaxWidth);
  out.layers = tower.integer("num_hidden_layers", defaults.layers, 1, kMaxLayers);
  out.head_width = head_width(
      out.width,
      tower.integer("num_attention_heads", defaults.width / defaults.head_width, 1, kMaxWidth),
      tower.where());
  out.mlp_width = tower.integer("intermediate_size", defaults.mlp_width, 1, 8 * kMaxWidth);
  out.activation = activation(tower, defaults.activation);
  out.norm_epsilon = tower.number("layer_norm_eps", defaults.norm_epsilon, 1e-16, 1e-2);
}

// Configs of old versions carry the settings twice; transformers lets "…_config_dict" win.
ConfigObject tower_object(const ConfigObject& root, const char* key, const char* old_key) {
  return root.object(root.has(old_key) ? old_key : key);
}

}  // namespace

Config read_hugging_face(const ConfigObject& root) {
  const auto& defaults = family_of(root);
  Config config;
  config.family = defaults.family;
  config.architecture = defaults.architecture;

  const auto image = tower_object(root, "vision_config", "vision_config_dict");
  read_tower(image, defaults.image, config.image);
  image.expect("num_channels", 3);
  image.expect("vision_use_head", true);  // SigLIP's attention pooling
  config.image.size = image.integer("image_size", 224, 16, kMaxImageSize);
  config.image.patch = image.integer("patch_size", defaults.patch, 1, kMaxImageSize);

  const auto text = tower_object(root, "text_config", "text_config_dict");
  read_tower(text, defaults.text, config.text);
  auto& out = config.text;
  out.vocabulary = text.integer("vocab_size", defaults.vocabulary, 2, kMaxVocabulary);
  out.positions = text.integer("max_position_embeddings", defaults.positions, 3, kMaxPositions);
  out.context = defaults.family == Family::kChineseClip
                    ? std::min(out.positions, kChineseClipContext)
                    : out.positions;
  text.expect("position_embedding_type", "absolute");
  if (defaults.family == Family::kClip) {
    // 2 was a mistake in the first configs; transformers then takes the largest id, the end token.
    const auto end = text.integer("eos_token_id", 49407, 0, kMaxVocabulary);
    out.end_id = end == 2 ? -1 : end;
  }
  if (defaults.family == Family::kSiglip) {
    config.embed_dim = text.integer("projection_size", out.width, 1, kMaxWidth);
    if (config.embed_dim != config.image.width) {
      text.refuse("projection_size", fmt::format("{}, the width of the image tower, which has no "
                                                 "projection of its own",
                                                 config.image.width));
    }
  } else {
    config.embed_dim = root.integer("projection_dim", 512, 1, kMaxWidth);
  }
  check_patch(config.image, image.where());
  return config;
}

}  // namespace clipstill::pretrained
