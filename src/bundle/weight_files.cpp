#include "bundle/weight_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.h"
#include "core/shallow_json.h"

namespace clipstill::bundle {
namespace {

constexpr const char* kIndex = "model.safetensors.index.json";
// By WeightNames.
constexpr const char* kNames[][4] = {
    {"model.safetensors", kIndex, "open_clip_model.safetensors",
     "open_clip_pytorch_model.safetensors"},
    {"open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors",
     kIndex}};
constexpr uint64_t kMaxIndexBytes = uint64_t{64} << 20;

// Tensor -> file name, from an index.
std::map<std::string, std::string> read_index(const fs::path& path) {
  std::map<std::string, std::string> file_of;
  try {
    const auto root = parse_shallow_json(read_file(path, kMaxIndexBytes), path.string());
    for (const auto& [tensor, file] : root.at("weight_map").items()) {
      auto name = file.get<std::string>();
      if (name != fs::path(name).filename().string() || !name.ends_with(".safetensors")) {
        fail(ErrorCode::kBadData,
             "{}: tensor \"{}\" is said to be in \"{}\"; expected a .safetensors file of this "
             "folder",
             path.string(), tensor, name);
      }
      file_of[tensor] = std::move(name);
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not an index of safetensors shards: {}", path.string(),
         error.what());
  }
  if (file_of.empty()) fail(ErrorCode::kBadData, "{}: weight_map is empty", path.string());
  return file_of;
}

[[noreturn]] void fail_without_weights(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".bin" && extension != ".pt" && extension != ".pth") continue;
    const auto pickle = entry.path().filename().string();
    fail(ErrorCode::kMissingFile,
         "{}: only pickled weights ({}), which can run code and are not read; convert them in that "
         "folder with\n"
         "  python3 -c \"import torch, safetensors.torch as s; w = torch.load('{}', "
         "map_location='cpu'); s.save_file({{k: v.clone() for k, v in w.get('state_dict', "
         "w).items() if torch.is_tensor(v)}}, 'model.safetensors')\"",
         folder.string(), pickle, pickle);
  }
  fail(ErrorCode::kMissingFile,
       "{}: no weights; expected model.safetensors, {} with its shards, "
       "or open_clip_model.safetensors",
       folder.string(), kIndex);
}

}  // namespace

WeightFiles::WeightFiles(const fs::path& folder, WeightNames first) {
  const auto& names = kNames[static_cast<size_t>(first)];
  const auto found =
      std::ranges::find_if(names, [&](const char* name) { return fs::exists(folder / name); });
  if (found == std::end(names)) fail_without_weights(folder);
  path_ = folder / *found;
  if (std::string_view(*found) == kIndex) {
    read_shards();
  } else {
    tensors_ = files_.emplace_back(path_).tensors();
  }
}

void WeightFiles::read_shards() {
  const auto file_of = read_index(path_);
  std::map<std::string, const SafetensorsFile*> opened;
  for (const auto& [tensor, name] : file_of) opened[name] = nullptr;
  files_.reserve(opened.size());
  for (auto& [name, file] : opened) {
    file = &files_.emplace_back(path_.parent_path() / name);
    for (const auto& [tensor, view] : file->tensors()) {
      const auto found = file_of.find(tensor);
      if (found == file_of.end() || found->second != name) {
        fail(ErrorCode::kBadData, "{}: tensor \"{}\" is in {}, but not by this index",
             path_.string(), tensor, name);
      }
      tensors_[tensor] = view;
    }
  }
  for (const auto& [tensor, name] : file_of) {
    if (!tensors_.contains(tensor)) {
      fail(ErrorCode::kBadData, "{}: tensor \"{}\" is missing in {}", path_.string(), tensor, name);
    }
  }
}

}  // namespace clipstill::bundle
