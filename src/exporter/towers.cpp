#include "exporter/towers.h"

#include <fmt/ranges.h>

#include "core/error.h"

namespace clipstill::exporter {
namespace {

// A new tower: one file with its function, one line here.
const std::vector<std::pair<std::string, ImageTowerExport>> kImageTowers{
    {"resnet", export_resnet},
    {"mobile", export_mobile},
    {"vit", export_vit},
    {"clip_vit", export_vit},
    {"siglip_vit", export_siglip_vit},
    {"clip_resnet", export_clip_resnet},
    {"seed_conv", export_seed_conv},
};
const std::vector<std::pair<std::string, TextTowerExport>> kTextTowers{
    {"transformer", export_text_transformer},
    {"clip_text", export_clip_text},
    {"siglip_text", export_siglip_text},
    {"bert", export_bert},
    {"lstm", export_text_lstm},
    {"seed_lstm", export_seed_lstm},
};

template <class Function>
StringList names_of(const std::vector<std::pair<std::string, Function>>& towers) {
  StringList names;
  for (const auto& [name, function] : towers) names.push_back(name);
  return names;
}

template <class Function>
Function find(const std::vector<std::pair<std::string, Function>>& towers, const char* kind,
              const std::string& arch) {
  for (const auto& [name, function] : towers) {
    if (name == arch) return function;
  }
  fail(ErrorCode::kUsage, "the {} tower \"{}\" cannot be exported; those that can: {}", kind, arch,
       fmt::join(names_of(towers), ", "));
}

}  // namespace

StringList image_tower_exports() {
  return names_of(kImageTowers);
}

StringList text_tower_exports() {
  return names_of(kTextTowers);
}

ImageTowerExport image_tower_export(const std::string& arch) {
  return find(kImageTowers, "image", arch);
}

TextTowerExport text_tower_export(const std::string& arch) {
  return find(kTextTowers, "text", arch);
}

}  // namespace clipstill::exporter
