#include "train/published_writer.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "pretrained/key_map.h"
#include "text/tokenizer_files.h"
#include "train/published_model.h"

namespace clipstill::train {
namespace {

using Json = nlohmann::ordered_json;
using pretrained::Family;

struct Class {
  Family family;
  const char *image, *text;  // towers
  const char *model_type, *architecture, *image_processor;
  StringList inputs;  // of the text tower, whatever the tokenizer could give
};

const Class kClasses[] = {{Family::kClip,
                           "clip_vit",
                           "clip_text",
                           "clip",
                           "CLIPModel",
                           "CLIPImageProcessor",
                           {"input_ids", "attention_mask"}},
                          {Family::kChineseClip,
                           "clip_vit",
                           "bert",
                           "chinese_clip",
                           "ChineseCLIPModel",
                           "ChineseCLIPImageProcessor",
                           {"input_ids", "token_type_ids", "attention_mask"}},
                          {Family::kSiglip,
                           "siglip_vit",
                           "siglip_text",
                           "siglip",
                           "SiglipModel",
                           "SiglipImageProcessor",
                           {"input_ids"}}};

const Class& class_of(const nn::ClipModelOptions& options) {
  for (const auto& known : kClasses) {
    if (options.image.arch == known.image && options.text.arch == known.text) return known;
  }
  fail(ErrorCode::kUsage,
       "a model with the towers {} and {} cannot be converted: transformers has no class for it; "
       "those that can be: clip_vit with clip_text or bert, siglip_vit with siglip_text",
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

// The end token that CLIPModel takes for that of OpenAI's first configs: with it, it looks at the
// greatest id of a text instead (modeling_clip.py).
constexpr int64_t kLegacyEnd = 2;

void require_end(const Model& model, const Class& as) {
  const auto& text = model.network->options().text;
  if (as.family != Family::kClip || model.tokenizer->end_id() != kLegacyEnd ||
      text.vocabulary == kLegacyEnd + 1) {
    return;
  }
  fail(ErrorCode::kUsage,
       "the tokenizer ends texts with token {}, for which CLIPModel of transformers looks at the "
       "greatest token of a text instead; train with a tokenizer whose end token has another id to "
       "convert the model",
       kLegacyEnd);
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
  Json config{{"architectures", {as.architecture}},
              {"model_type", as.model_type},
              {"torch_dtype", "float32"},
              {"vision_config", std::move(image)}};
  if (as.family == Family::kSiglip) {
    text["projection_size"] = options.embed_dim;
  } else {
    config["projection_dim"] = options.embed_dim;
  }
  config["text_config"] = std::move(text);
  return config;
}

// Projections, the logit bias and the table of tokens are options here and fixed there.
void require_same_tensors(const NamedTensors& tensors, const pretrained::KeyMap& map,
                          const Class& as) {
  const auto refuse = [&](const std::string& name, const char* problem) {
    fail(ErrorCode::kUsage,
         "a model with the towers {} and {} is a {} of transformers, which {} \"{}\"; train it "
         "with the projections, logit_bias and embedding_width of a published one "
         "(`clipstill teacher info`)",
         as.image, as.text, as.architecture, problem, name);
  };
  for (const auto& [name, tensor] : tensors) {
    if (!map.contains(name)) refuse(name, "has no");
  }
  for (const auto& [name, source] : map) {
    if (!tensors.contains(name)) refuse(name, "also has a");
  }
}

// A SiglipModel pools a text at its last position, wherever its context ends.
void require_same_length(const nn::TextTowerOptions& text, const Class& as) {
  if (as.family != Family::kSiglip || text.positions == 0 || text.positions == text.context) return;
  fail(ErrorCode::kUsage,
       "model.text.positions is {} and model.text.context {}: a SiglipModel of transformers has "
       "one of both; train it without model.text.positions",
       text.positions, text.context);
}

NamedTensors published_tensors(const Model& model, const Class& as) {
  const auto& options = model.network->options();
  pretrained::Config config;
  config.family = as.family;
  for (const double blocks : options.image.blocks) {
    config.image.layers += static_cast<int64_t>(blocks);
  }
  config.text.layers = options.text.layers;
  const auto map = pretrained::key_map(config);
  const auto tensors = named_tensors(*model.network);
  require_same_tensors(tensors, map, as);
  require_same_length(options.text, as);
  NamedTensors published;
  for (const auto& [name, tensor] : tensors) {
    const auto& source = map.at(name);
    auto values = tensor.detach();
    if (source.transposed) values = values.t();
    // The class token is a vector there; so are SigLIP's scale and bias, while CLIP's is a scalar.
    if (source.reshaped && (values.dim() > 0 || as.family == Family::kSiglip)) {
      values = values.flatten();
    }
    const auto parts = static_cast<int64_t>(source.names.size());
    for (int64_t i = 0; i < parts; ++i) {
      published[source.names[static_cast<size_t>(i)]] =
          parts == 1 ? values : values.chunk(parts)[static_cast<size_t>(i)];
    }
  }
  return published;
}

// SigLIP's own knows no centre crop.
const char* image_processor(const image::Preprocess& preprocess, const Class& as) {
  const bool crops = preprocess.resize_mode == image::ResizeMode::kShortestEdge;
  return as.family == Family::kSiglip && crops ? "CLIPImageProcessor" : as.image_processor;
}

void write_tokenizer(const std::filesystem::path& folder, const Model& model, const Class& as) {
  const auto& tokenizer = *model.tokenizer;
  text::write_tokenizer(folder, tokenizer);
  auto config = Json::parse(tokenizer.transformers_config());
  config["pad_token"] = tokenizer.token(tokenizer.padding_id());
  config["model_max_length"] = model.network->options().text.context;
  config["model_input_names"] = as.inputs;
  write_file(folder / text::kTokenizerConfig, config.dump(1) + "\n");
}

}  // namespace

void save_published(const std::filesystem::path& folder, const Model& model) {
  const auto& options = model.network->options();
  const auto& as = class_of(options);
  require_end(model, as);
  const auto tensors = published_tensors(model, as);
  const auto config = model_config(model, as).dump(1) + "\n";
  auto pixels = Json::parse(model.preprocess.to_json());
  pixels["image_processor_type"] = image_processor(model.preprocess, as);
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
  write_tokenizer(folder, model, as);
  write_file(folder / "preprocessor_config.json", pixels.dump(1) + "\n");
  save_tensors(folder / "model.safetensors", tensors, /*half=*/false, {{"format", "pt"}});
}

}  // namespace clipstill::train
