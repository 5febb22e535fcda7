#include "pretrained/config.h"

#include "core/error.h"
#include "core/files.h"
#include "pretrained/layouts.h"

namespace clipstill::pretrained {
bool is_pretrained(const fs::path& folder) {
  if (fs::exists(folder / "open_clip_config.json")) return true;
  const auto path = folder / "config.json";
  if (!fs::exists(path)) return false;
  const auto root = read_json_file(path);
  return root.is_object() && (root.contains("model_type") || root.contains("architectures"));
}

Config read_config(const fs::path& folder) {
  const auto hugging_face = folder / "config.json", open_clip = folder / "open_clip_config.json";
  const bool has_open_clip = fs::exists(open_clip);
  // Repositories of open_clip often hold a conversion for transformers too, which says more; but
  // only where its weights are there.
  const bool has_conversion = fs::exists(folder / "model.safetensors") ||
                              fs::exists(folder / "model.safetensors.index.json");
  if (fs::exists(hugging_face) && (has_conversion || !has_open_clip)) {
    const auto root = read_json_file(hugging_face);
    if (root.is_object() && root.contains("model_type")) {
      return read_hugging_face(ConfigObject(root, hugging_face.string()));
    }
    if (!has_open_clip) {
      fail(ErrorCode::kBadData,
           "{}: no \"model_type\"; expected \"clip\", \"chinese_clip\" or \"siglip\"",
           hugging_face.string());
    }
  }
  if (has_open_clip) {
    return read_open_clip(ConfigObject(read_json_file(open_clip), open_clip.string()));
  }
  fail(ErrorCode::kMissingFile,
       "{}: expected config.json (Hugging Face) or open_clip_config.json there", folder.string());
}

}  // namespace clipstill::pretrained
