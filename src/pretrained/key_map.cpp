#include "pretrained/key_map.h"

#include <fmt/format.h>

namespace clipstill::pretrained {
namespace {

using Names = std::vector<std::string>;

class Builder {
 public:
  void tensor(const std::string& ours, const std::string& name) { map_[ours] = {{name}}; }
  void transposed(const std::string& ours, const std::string& name) {
    map_[ours] = {{name}, /*transposed=*/true};
  }
  void reshaped(const std::string& ours, const std::string& name) {
    map_[ours] = {{name}, /*transposed=*/false, /*reshaped=*/true};
  }
  /// The weight and bias of one layer, or of several that are one of ours.
  void layer(const std::string& ours, const Names& names) {
    for (const char* part : {".weight", ".bias"}) {
      for (const auto& name : names) map_[ours + part].names.push_back(name + part);
    }
  }
  KeyMap take() { return std::move(map_); }

 private:
  KeyMap map_;
};

/// The names that a reference gives to the parts of a transformer layer.
struct LayerNames {
  Names qkv;  // one layer, or three
  const char *out, *norm1, *norm2, *fc1, *fc2;
};

const LayerNames kHuggingFace{{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
                              "self_attn.out_proj",
                              "layer_norm1",
                              "layer_norm2",
                              "mlp.fc1",
                              "mlp.fc2"};
const LayerNames kBert{{"attention.self.query", "attention.self.key", "attention.self.value"},
                       "attention.output.dense",
                       "attention.output.LayerNorm",
                       "output.LayerNorm",
                       "intermediate.dense",
                       "output.dense"};
// Its query, key and value are one tensor with an underscore in its name (joint()).
const LayerNames kOpenClip{{}, "attn.out_proj", "ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj"};

void joint(Builder& map, const std::string& ours, const std::string& attention) {
  map.tensor(ours + ".weight", attention + ".in_proj_weight");
  map.tensor(ours + ".bias", attention + ".in_proj_bias");
}

void layers(Builder& map, const std::string& ours, const std::string& theirs, int64_t count,
            const LayerNames& names) {
  for (int64_t i = 0; i < count; ++i) {
    const auto layer = fmt::format("{}.layer{}", ours, i);
    const auto source = fmt::format("{}.{}.", theirs, i);
    if (names.qkv.empty()) {
      joint(map, layer + ".qkv", source + "attn");
    } else {
      Names qkv;
      for (const auto& name : names.qkv) qkv.push_back(source + name);
      map.layer(layer + ".qkv", qkv);
    }
    map.layer(layer + ".out", {source + names.out});
    map.layer(layer + ".norm1", {source + names.norm1});
    map.layer(layer + ".norm2", {source + names.norm2});
    map.layer(layer + ".fc1", {source + names.fc1});
    map.layer(layer + ".fc2", {source + names.fc2});
  }
}

void clip_image(Builder& map, const Config& config) {
  const std::string source = "vision_model.";
  map.tensor("image.patch.weight", source + "embeddings.patch_embedding.weight");
  map.reshaped("image.class_token", source + "embeddings.class_embedding");
  map.tensor("image.position", source + "embeddings.position_embedding.weight");
  map.layer("image.norm_pre", {source + "pre_layrnorm"});
  layers(map, "image.transformer", source + "encoder.layers", config.image.layers, kHuggingFace);
  map.layer("image.transformer.norm", {source + "post_layernorm"});
  map.tensor("image_projection.weight", "visual_projection.weight");
}

void siglip_image(Builder& map, const Config& config) {
  const std::string source = "vision_model.";
  map.layer("image.patch", {source + "embeddings.patch_embedding"});
  map.tensor("image.position", source + "embeddings.position_embedding.weight");
  layers(map, "image.transformer", source + "encoder.layers", config.image.layers, kHuggingFace);
  map.layer("image.transformer.norm", {source + "post_layernorm"});
  map.tensor("image.pool.probe", source + "head.probe");
  joint(map, "image.pool.qkv", source + "head.attention");
  map.layer("image.pool.out", {source + "head.attention.out_proj"});
  map.layer("image.pool.norm", {source + "head.layernorm"});
  map.layer("image.pool.fc1", {source + "head.mlp.fc1"});
  map.layer("image.pool.fc2", {source + "head.mlp.fc2"});
}

// What the text towers of CLIP and SigLIP have in common.
void hugging_face_text(Builder& map, const Config& config) {
  const std::string source = "text_model.";
  map.tensor("text.embedding.table.weight", source + "embeddings.token_embedding.weight");
  map.tensor("text.position", source + "embeddings.position_embedding.weight");
  layers(map, "text.transformer", source + "encoder.layers", config.text.layers, kHuggingFace);
  map.layer("text.transformer.norm", {source + "final_layer_norm"});
}

void bert_text(Builder& map, const Config& config) {
  const std::string source = "text_model.";
  map.tensor("text.embedding.table.weight", source + "embeddings.word_embeddings.weight");
  map.tensor("text.position", source + "embeddings.position_embeddings.weight");
  map.tensor("text.token_type", source + "embeddings.token_type_embeddings.weight");
  map.layer("text.norm", {source + "embeddings.LayerNorm"});
  layers(map, "text.transformer", source + "encoder.layer", config.text.layers, kBert);
  map.tensor("text_projection.weight", "text_projection.weight");
}

void open_clip_vit(Builder& map, const Config& config) {
  const std::string source = "visual.";
  map.tensor("image.patch.weight", source + "conv1.weight");
  map.reshaped("image.class_token", source + "class_embedding");
  map.tensor("image.position", source + "positional_embedding");
  map.layer("image.norm_pre", {source + "ln_pre"});
  layers(map, "image.transformer", source + "transformer.resblocks", config.image.layers,
         kOpenClip);
  map.layer("image.transformer.norm", {source + "ln_post"});
  map.transposed("image_projection.weight", source + "proj");
}

void conv_bn(Builder& map, const std::string& ours, const std::string& conv,
             const std::string& norm) {
  map.tensor(ours + ".conv.weight", conv + ".weight");
  map.layer(ours + ".bn", {norm});
  for (const char* part : {".running_mean", ".running_var"}) {
    map.tensor(ours + ".bn" + part, norm + part);
  }
}

void open_clip_resnet(Builder& map, const Config& config) {
  const std::string source = "visual.";
  for (int i = 1; i <= 3; ++i) {
    conv_bn(map, fmt::format("image.stem{}", i), fmt::format("{}conv{}", source, i),
            fmt::format("{}bn{}", source, i));
  }
  int64_t ours = 0;  // blocks, counted over all stages
  for (size_t stage = 0; stage < config.image.stages.size(); ++stage) {
    for (int64_t i = 0; i < config.image.stages[stage]; ++i, ++ours) {
      const auto block = fmt::format("image.blocks.{}", ours);
      const auto theirs = fmt::format("{}layer{}.{}", source, stage + 1, i);
      for (int part = 1; part <= 3; ++part) {
        conv_bn(map, fmt::format("{}.conv{}", block, part), fmt::format("{}.conv{}", theirs, part),
                fmt::format("{}.bn{}", theirs, part));
      }
      // The first block of each stage changes the width.
      if (i == 0) {
        conv_bn(map, block + ".shortcut", theirs + ".downsample.0", theirs + ".downsample.1");
      }
    }
  }
  map.tensor("image.position", source + "attnpool.positional_embedding");
  map.layer("image.qkv",
            {source + "attnpool.q_proj", source + "attnpool.k_proj", source + "attnpool.v_proj"});
  map.layer("image_projection", {source + "attnpool.c_proj"});
}

void open_clip_text(Builder& map, const Config& config) {
  map.tensor("text.embedding.table.weight", "token_embedding.weight");
  map.tensor("text.position", "positional_embedding");
  layers(map, "text.transformer", "transformer.resblocks", config.text.layers, kOpenClip);
  map.layer("text.transformer.norm", {"ln_final"});
  map.transposed("text_projection.weight", "text_projection");
}

}  // namespace

KeyMap key_map(const Config& config) {
  Builder map;
  map.reshaped("logit_scale", "logit_scale");  // a scalar, or [1]
  switch (config.family) {
    case Family::kClip:
      clip_image(map, config);
      hugging_face_text(map, config);
      map.tensor("text_projection.weight", "text_projection.weight");
      break;
    case Family::kChineseClip:
      clip_image(map, config);
      bert_text(map, config);
      break;
    case Family::kSiglip:
      siglip_image(map, config);
      hugging_face_text(map, config);
      map.layer("text_projection", {"text_model.head"});
      map.reshaped("logit_bias", "logit_bias");
      break;
    case Family::kOpenClip:
      config.image.stages.empty() ? open_clip_vit(map, config) : open_clip_resnet(map, config);
      open_clip_text(map, config);
      break;
  }
  return map.take();
}

// Buffers without influence, and BERT's pooler, which CLIP does not use.
bool is_unused(std::string_view name) {
  return name.ends_with(".position_ids") || name.ends_with(".num_batches_tracked") ||
         name.starts_with("text_model.pooler.");
}

}  // namespace clipstill::pretrained
