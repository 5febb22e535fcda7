// What the folder of a published model says of its architecture: Hugging Face's `config.json` of
// CLIPModel, ChineseCLIPModel and SiglipModel, or open_clip's `open_clip_config.json`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clipstill::pretrained {

enum class Family { kClip, kChineseClip, kSiglip, kOpenClip };

struct TowerConfig {
  int64_t width = 0;
  int64_t layers = 0;
  int64_t head_width = 0;
  int64_t mlp_width = 0;
  std::string activation;  // "gelu", "quick_gelu" or "gelu_tanh" (nn::gelu_of())
  double norm_epsilon = 1e-5;
};

struct ImageConfig : TowerConfig {
  int64_t size = 0;             // edge of the image in pixels
  int64_t patch = 0;            // edge of a patch; 0 in a ResNet
  std::vector<int64_t> stages;  // blocks per stage of a ResNet; empty in a transformer
};

struct TextConfig : TowerConfig {
  int64_t vocabulary = 0;
  int64_t positions = 0;  // rows of the position table
  int64_t context = 0;    // tokens that the reference feeds at most
  int64_t end_id = -1;    // what the config says; -1 where it says nothing that counts
};

struct Config {
  Family family = Family::kClip;
  std::string architecture;  // as the reference names it: "CLIPModel", "open_clip ViT-B-32"
  int64_t embed_dim = 0;
  ImageConfig image;
  TextConfig text;
};

/// Whether `folder` says that it holds a published model (and not one of clipstill's own).
bool is_pretrained(const std::filesystem::path& folder);

/// Reads the folder's config with the defaults of the reference libraries. kMissingFile; kBadData
/// naming file and key for what is misspelt, out of range or not supported.
Config read_config(const std::filesystem::path& folder);

}  // namespace clipstill::pretrained
