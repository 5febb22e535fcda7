// Keys and defaults are those of open_clip's CLIPVisionCfg and CLIPTextCfg.
#include "pretrained/layouts.h"

namespace clipstill::pretrained {
namespace {

constexpr double kNormEpsilon = 1e-5;  // of torch's LayerNorm

// Keys that would change the towers must have the values of OpenAI's CLIP.
ImageConfig read_image(const ConfigObject& cfg, const std::string& activation) {
  cfg.refuse_others({"image_size", "layers", "width", "head_width", "patch_size", "mlp_ratio",
                     "patch_dropout", "pool_type", "ls_init_value", "attentional_pool", "no_ln_pre",
                     "pos_embed_type", "final_ln_after_pool", "output_tokens",
                     "global_average_pool", "input_patchnorm", "timm_model_name"});
  cfg.expect("pool_type", "tok");
  cfg.expect("pos_embed_type", "learnable");
  for (const char* key : {"attentional_pool", "no_ln_pre", "final_ln_after_pool",
                          "global_average_pool", "input_patchnorm"}) {
    cfg.expect(key, false);
  }
  for (const char* key : {"ls_init_value", "timm_model_name"}) cfg.expect(key, nullptr);
  ImageConfig out;
  out.size = cfg.integer("image_size", 224, 16, kMaxImageSize);
  out.activation = activation;
  out.norm_epsilon = kNormEpsilon;
  const bool resnet = cfg.has("layers") && cfg.value("layers").is_array();
  out.width = cfg.integer("width", resnet ? 64 : 768, 1, kMaxWidth);
  out.head_width = cfg.integer("head_width", 64, 1, kMaxWidth);
  if (resnet) {
    const auto& stages = cfg.value("layers");
    if (stages.size() != 4) cfg.refuse("layers", "four numbers (ResNet) or one (ViT)");
    for (const auto& blocks : stages) {
      const auto count = blocks.is_number_integer() ? blocks.get<int64_t>() : 0;
      if (count < 1 || count > kMaxLayers) cfg.refuse("layers", "four numbers from 1 to 64");
      out.stages.push_back(count);
      out.layers += count;
    }
    return out;
  }
  out.layers = cfg.integer("layers", 12, 1, kMaxLayers);
  out.patch = cfg.integer("patch_size", 16, 1, kMaxImageSize);
  check_patch(out, cfg.where());
  out.mlp_width =
      static_cast<int64_t>(static_cast<double>(out.width) * cfg.number("mlp_ratio", 4.0, 0.25, 8));
  return out;
}

TextConfig read_text(const ConfigObject& cfg, const std::string& activation) {
  cfg.refuse_others({"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio",
                     "ls_init_value", "embed_cls", "pad_id", "no_causal_mask",
                     "final_ln_after_pool", "pool_type", "proj_bias", "proj_type", "output_tokens",
                     "hf_tokenizer_name", "tokenizer_kwargs"});
  for (const char* key : {"embed_cls", "no_causal_mask", "final_ln_after_pool", "proj_bias"}) {
    cfg.expect(key, false);
  }
  cfg.expect("ls_init_value", nullptr);
  cfg.expect("hf_tokenizer_name", nullptr);
  if (cfg.has("tokenizer_kwargs") && !cfg.value("tokenizer_kwargs").empty()) {
    cfg.refuse("tokenizer_kwargs", "none, which is open_clip's default cleaning of texts");
  }
  cfg.expect("pool_type", "argmax");
  cfg.expect("proj_type", "linear");
  TextConfig out;
  out.width = cfg.integer("width", 512, 1, kMaxWidth);
  out.layers = cfg.integer("layers", 12, 1, kMaxLayers);
  out.head_width = head_width(out.width, cfg.integer("heads", 8, 1, kMaxWidth), cfg.where());
  out.mlp_width =
      static_cast<int64_t>(static_cast<double>(out.width) * cfg.number("mlp_ratio", 4.0, 0.25, 8));
  out.activation = activation;
  out.norm_epsilon = kNormEpsilon;
  out.vocabulary = cfg.integer("vocab_size", 49408, 2, kMaxVocabulary);
  out.positions = cfg.integer("context_length", 77, 3, kMaxPositions);
  out.context = out.positions;
  return out;
}

}  // namespace

Config read_open_clip(const ConfigObject& root) {
  const auto model = root.object("model_cfg");
  if (!root.has("model_cfg")) root.refuse("model_cfg", "the model's settings");
  model.refuse_others({"embed_dim", "quick_gelu", "vision_cfg", "text_cfg", "custom_text",
                       "init_logit_scale", "init_logit_bias", "cast_dtype", "output_dict"});
  model.expect("custom_text", false);
  model.expect("init_logit_bias", nullptr);
  Config config;
  config.family = Family::kOpenClip;
  config.embed_dim = model.integer("embed_dim", 0, 1, kMaxWidth);
  if (config.embed_dim == 0) model.refuse("embed_dim", "the width of the joint space");
  const std::string activation = model.flag("quick_gelu", false) ? "quick_gelu" : "gelu";
  config.image = read_image(model.object("vision_cfg"), activation);
  config.text = read_text(model.object("text_cfg"), activation);
  config.architecture = config.image.stages.empty() ? "open_clip ViT" : "open_clip ResNet";
  return config;
}

}  // namespace clipstill::pretrained
