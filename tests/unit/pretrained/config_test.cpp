#include "pretrained/config.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "pretrained/key_map.h"

namespace clipstill::pretrained {
namespace {

class ReadConfig : public testing::Test {
 protected:
  Config hugging_face(const std::string& json) {
    write_file(folder_.path() / "config.json", json);
    return read_config(folder_.path());
  }
  Config open_clip(const std::string& model_cfg) {
    write_file(folder_.path() / "open_clip_config.json", "{\"model_cfg\": " + model_cfg + "}");
    return read_config(folder_.path());
  }
  void expect_refused(const std::string& json, const std::vector<std::string>& parts) {
    expect_error(ErrorCode::kBadData, parts, [&] { hugging_face(json); });
  }

  ScratchFolder folder_;
};

// What openai/clip-vit-large-patch14 says beyond the defaults, in its old and doubled form.
constexpr const char* kLarge = R"({
  "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 768,
  "text_config": {"hidden_size": 1, "eos_token_id": 2},
  "text_config_dict": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
                       "num_hidden_layers": 12, "eos_token_id": 2},
  "vision_config": {"hidden_size": 1},
  "vision_config_dict": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
                         "num_hidden_layers": 24, "patch_size": 14}})";

TEST_F(ReadConfig, TakesDefaultsAndOldKeysAsTransformersDoes) {
  const auto config = hugging_face(kLarge);
  EXPECT_EQ(config.architecture, "CLIPModel");
  EXPECT_EQ(config.embed_dim, 768);
  EXPECT_EQ(config.image.width, 1024);
  EXPECT_EQ(config.image.layers, 24);
  EXPECT_EQ(config.image.head_width, 64);
  EXPECT_EQ(config.image.patch, 14);
  EXPECT_EQ(config.image.size, 224);
  EXPECT_EQ(config.image.activation, "quick_gelu");
  EXPECT_EQ(config.text.width, 768);
  EXPECT_EQ(config.text.vocabulary, 49408);
  EXPECT_EQ(config.text.context, 77);
  EXPECT_EQ(config.text.end_id, -1);  // 2 was a mistake
  EXPECT_EQ(config.text.norm_epsilon, 1e-5);
}

TEST_F(ReadConfig, KnowsTheFamilies) {
  const auto chinese = hugging_face(R"({"model_type": "chinese_clip",
      "text_config": {"vocab_size": 21128}, "vision_config": {"patch_size": 16}})");
  EXPECT_EQ(chinese.text.activation, "gelu");
  EXPECT_EQ(chinese.image.activation, "quick_gelu");
  EXPECT_EQ(chinese.text.norm_epsilon, 1e-12);
  EXPECT_EQ(chinese.text.positions, 512);
  EXPECT_EQ(chinese.text.context, 52);
  EXPECT_EQ(chinese.embed_dim, 512);
  const auto siglip = hugging_face(R"({"model_type": "siglip", "vision_config": {"image_size": 384,
      "patch_size": 14, "hidden_size": 1152, "num_attention_heads": 16},
      "text_config": {"hidden_size": 1152, "num_attention_heads": 16}})");
  EXPECT_EQ(siglip.embed_dim, 1152);
  EXPECT_EQ(siglip.text.context, 64);
  EXPECT_EQ(siglip.image.activation, "gelu_tanh");
}

TEST_F(ReadConfig, NamesWhatItCannotRead) {
  expect_refused(R"({"model_type": "blip"})", {"config.json", "model_type", "\"blip\"", "siglip"});
  expect_refused(R"({"model_type": "clip", "vision_config": {"hidden_act": "relu"}})",
                 {"vision_config", "hidden_act", "relu", "quick_gelu"});
  expect_refused(R"({"model_type": "clip", "text_config": {"hidden_size": "512"}})",
                 {"text_config", "hidden_size", "integer"});
  expect_refused(R"({"model_type": "clip", "text_config": {"hidden_size": 1000000}})",
                 {"hidden_size", "1000000", "4096"});
  expect_refused(R"({"model_type": "clip", "text_config": {"num_attention_heads": 7}})",
                 {"text_config", "7 heads", "512"});
  expect_refused(R"({"model_type": "clip", "vision_config": {"patch_size": 500}})", {"224", "500"});
  expect_refused(R"({"model_type": "clip", "vision_config": {"num_channels": 1}})",
                 {"num_channels", "3"});
  expect_refused(R"({"model_type": "clip", "vision_config": []})", {"vision_config", "object"});
  expect_refused(R"({"model_type": "siglip", "vision_config": {"vision_use_head": false}})",
                 {"vision_use_head", "true"});
  expect_refused(R"({"model_type": "siglip", "text_config": {"projection_size": 12}})",
                 {"projection_size", "768"});
  expect_refused("{", {"config.json", "JSON"});
  expect_refused("{}", {"model_type"});
}

TEST_F(ReadConfig, MissingConfigIsNamed) {
  expect_error(ErrorCode::kMissingFile, {"config.json", "open_clip_config.json"},
               [&] { read_config(folder_.path()); });
  EXPECT_FALSE(is_pretrained(folder_.path()));
  write_file(folder_.path() / "config.json", R"({"format": "clipstill-model"})");
  EXPECT_FALSE(is_pretrained(folder_.path()));
}

TEST_F(ReadConfig, OpenClipTransformers) {
  const auto config = open_clip(R"({"embed_dim": 512, "quick_gelu": true,
      "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
      "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8,
                   "layers": 12}})");
  EXPECT_TRUE(is_pretrained(folder_.path()));
  EXPECT_EQ(config.family, Family::kOpenClip);
  EXPECT_EQ(config.image.head_width, 64);
  EXPECT_EQ(config.image.mlp_width, 3072);
  EXPECT_EQ(config.text.activation, "quick_gelu");
  EXPECT_EQ(open_clip(R"({"embed_dim": 512, "vision_cfg": {}, "text_cfg": {}})").text.activation,
            "gelu");
}

TEST_F(ReadConfig, AFolderWithBothIsReadByTheWeightsThatItHas) {
  const auto both = [&] {
    hugging_face(R"({"model_type": "clip"})");
    return open_clip(R"({"embed_dim": 512, "vision_cfg": {}, "text_cfg": {}})").family;
  };
  EXPECT_EQ(both(), Family::kOpenClip);
  write_file(folder_ / "model.safetensors", "");
  EXPECT_EQ(both(), Family::kClip);
}

TEST_F(ReadConfig, OpenClipSettingsThatChangeTheTowersAreRefused) {
  const auto refused = [&](const std::string& vision, const std::string& text,
                           const std::vector<std::string>& parts) {
    expect_error(ErrorCode::kBadData, parts, [&] {
      open_clip(R"({"embed_dim": 512, "vision_cfg": )" + vision + R"(, "text_cfg": )" + text + "}");
    });
  };
  refused(R"({"timm_model_name": "vit_tiny"})", "{}", {"vision_cfg", "timm_model_name"});
  refused(R"({"attentional_pool": true})", "{}", {"attentional_pool", "false"});
  refused("{}", R"({"hf_model_name": "roberta-base"})", {"text_cfg", "hf_model_name"});
  refused("{}", R"({"pool_type": "last"})", {"pool_type", "argmax"});
  refused(R"({"layers": [1, 2]})", "{}", {"layers", "four"});
}

TEST(KeyMap, NamesEachPublishedTensorOnce) {
  Config config;
  config.image.layers = config.text.layers = 2;
  for (const auto family :
       {Family::kClip, Family::kChineseClip, Family::kSiglip, Family::kOpenClip}) {
    config.family = family;
    std::map<std::string, int> uses;
    for (const auto& [ours, source] : key_map(config)) {
      for (const auto& name : source.names) ++uses[name];
    }
    for (const auto& [name, count] : uses) EXPECT_EQ(count, 1) << name;
  }
}

TEST(KeyMap, BuffersAreUnused) {
  EXPECT_TRUE(is_unused("text_model.embeddings.position_ids"));
  EXPECT_TRUE(is_unused("text_model.pooler.dense.weight"));
  EXPECT_FALSE(is_unused("text_model.embeddings.position_embedding.weight"));
}

}  // namespace
}  // namespace clipstill::pretrained
