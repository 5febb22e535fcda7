#include "train/published_writer.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "pretrained/key_map.h"
#include "train/published_model.h"

namespace clipstill::train {
namespace {

using Json = nlohmann::ordered_json;
using pretrained::Family;

struct Class {
  Family family;
  const char *image, *text;  // towers
  const char *model_type, *architecture, *tokenizer, *image_processor;
};

const Class kClasses[] = {{Family::kClip, "clip_vit", "clip_text", "clip", "CLIPModel",
                           "CLIPTokenizer", "CLIPImageProcessor"},
                          {Family::kChineseClip, "clip_vit", "bert", "chinese_clip",
                           "ChineseCLIPModel", "BertTokenizer", "ChineseCLIPImageProcessor"}};

const Class& class_of(const nn::ClipModelOptions& options) {
  for (const auto& known : kClasses) {
    if (options.image.arch == known.image && options.text.arch == known.text) return known;
  }
  fail(
      ErrorCode::kUsage,
      "a model with the towers {} and {} cannot be converted: transformers has no class for it, or "
      "(siglip_text) its tokenizers library gives other ids; those that can be: clip_vit with "
      "clip_text or bert",
      options.image.arch, options.text.arch);
}

template <class TowerOptions>
Json tower_config(const TowerOptions& o, int64_t layers) {
  return {{"hidden_size", o.width},
          {"intermediate_size", o.mlp_width != 0 ? o.mlp_width : 4 * o.width},
          {"num_attention_heads", o.width / o.head_width},
          {"num_hidden_layers", layers},
          {"hidden_act", o.activation == "gelu_tanh" ? "gelu_pytorch_tanh" : o.activation},
          {"layer_norm_eps", o.norm_epsilon}};
}

Json model_config(const Model& model, const Class& as) {
  const auto& options = model.network->options();
  double layers = 0;
  for (const double blocks : options.image.blocks) layers += blocks;
  auto image = tower_config(options.image, static_cast<int64_t>(layers));
  image["image_size"] = options.image.size;
  image["patch_size"] = options.image.patch;
  auto text = tower_config(options.text, options.text.layers);
  text["vocab_size"] = options.text.vocabulary;
  text["max_position_embeddings"] =
      options.text.positions != 0 ? options.text.positions : options.text.context;
  if (const auto start = model.tokenizer->start_id()) text["bos_token_id"] = *start;
  text["eos_token_id"] = model.tokenizer->end_id();
  text["pad_token_id"] = model.tokenizer->padding_id();
  return {{"architectures", {as.architecture}},  {"model_type", as.model_type},
          {"projection_dim", options.embed_dim}, {"torch_dtype", "float32"},
          {"text_config", std::move(text)},      {"vision_config", std::move(image)}};
}

NamedTensors published_tensors(const Model& model, Family family) {
  const auto& options = model.network->options();
  pretrained::Config config;
  config.family = family;
  for (const double blocks : options.image.blocks) {
    config.image.layers += static_cast<int64_t>(blocks);
  }
  config.text.layers = options.text.layers;
  const auto map = pretrained::key_map(config);
  NamedTensors published;
  for (const auto& [name, tensor] : named_tensors(*model.network)) {
    const auto& source = map.at(name);
    auto values = tensor.detach();
    if (source.transposed) values = values.t();
    // The class token is a vector there; the logit scale is a scalar on both sides.
    if (source.reshaped && values.dim() > 0) values = values.flatten();
    const auto parts = static_cast<int64_t>(source.names.size());
    for (int64_t i = 0; i < parts; ++i) {
      published[source.names[static_cast<size_t>(i)]] =
          parts == 1 ? values : values.chunk(parts)[static_cast<size_t>(i)];
    }
  }
  return published;
}

}  // namespace

void save_published(const std::filesystem::path& folder, const Model& model) {
  const auto& options = model.network->options();
  const auto& as = class_of(options);
  const auto tensors = published_tensors(model, as.family);
  const auto& tokenizer = *model.tokenizer;
  const auto tokenizer_json = tokenizer.files().front().second;
  const auto config = model_config(model, as).dump(1) + "\n";
  Json tokens{{"tokenizer_class", as.tokenizer},
              {"model_max_length", options.text.context},
              {"pad_token", tokenizer.token(tokenizer.padding_id())}};
  auto pixels = Json::parse(model.preprocess.to_json());
  pixels["image_processor_type"] = as.image_processor;
  if (model.preprocess.blend_alpha || model.preprocess.apply_orientation ||
      model.preprocess.crop_rounding != image::CropRounding::kDown) {
    log_warning(
        "{}: transformers does not know \"blend_alpha\", \"crop_rounding\" and "
        "\"apply_orientation\" of its preprocessor_config.json; it drops transparency, may crop a "
        "pixel beside, and does not turn photos upright",
        folder.string());
  }
  make_folders(folder);
  write_file(folder / "config.json", config);
  write_file(folder / "tokenizer.json", tokenizer_json);
  write_file(folder / "tokenizer_config.json", tokens.dump(1) + "\n");
  write_file(folder / "preprocessor_config.json", pixels.dump(1) + "\n");
  save_tensors(folder / "model.safetensors", tensors, /*half=*/false, {{"format", "pt"}});
}

}  // namespace clipstill::train
