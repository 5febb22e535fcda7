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
  // Repositories of open_clip often hold a conversion for transformers too, which says more.
  const auto hugging_face = folder / "config.json";
  if (fs::exists(hugging_face)) {
    const auto root = read_json_file(hugging_face);
    if (root.is_object() && root.contains("model_type")) {
      return read_hugging_face(ConfigObject(root, hugging_face.string()));
    }
  }
  const auto open_clip = folder / "open_clip_config.json";
  if (fs::exists(open_clip)) {
    return read_open_clip(ConfigObject(read_json_file(open_clip), open_clip.string()));
  }
  if (fs::exists(hugging_face)) {
    fail(ErrorCode::kBadData,
         "{}: no \"model_type\"; expected \"clip\", \"chinese_clip\" or \"siglip\"",
         hugging_face.string());
  }
  fail(ErrorCode::kMissingFile,
       "{}: expected config.json (Hugging Face) or open_clip_config.json there", folder.string());
}

}  // namespace clipstill::pretrained
