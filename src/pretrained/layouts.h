// The two layouts of a config that read_config() knows.
#pragma once

#include "pretrained/config.h"
#include "pretrained/config_reader.h"

namespace clipstill::pretrained {

/// `config.json` of CLIPModel, ChineseCLIPModel or SiglipModel.
Config read_hugging_face(const ConfigObject& root);
/// `open_clip_config.json`.
Config read_open_clip(const ConfigObject& root);

// Bounds of what a config may ask for, before memory is taken for it.
constexpr int64_t kMaxWidth = 4096;
constexpr int64_t kMaxLayers = 64;
constexpr int64_t kMaxVocabulary = int64_t{1} << 20;
constexpr int64_t kMaxPositions = 4096;
constexpr int64_t kMaxImageSize = 1024;

/// width / heads; kBadData naming `where` if they do not divide.
int64_t head_width(int64_t width, int64_t heads, const std::string& where);
/// kBadData naming `where` if the image is smaller than a patch.
void check_patch(const ImageConfig& image, const std::string& where);

}  // namespace clipstill::pretrained
