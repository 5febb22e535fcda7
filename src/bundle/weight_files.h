// The weights of a model folder: `model.safetensors`, or shards with their index.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bundle/safetensors.h"

namespace clipstill::bundle {

/// Whose names come first, where a folder holds the weights in several layouts.
enum class WeightNames { kTransformers, kOpenClip };

class WeightFiles {
 public:
  /// Looks for `model.safetensors` and `model.safetensors.index.json` with its shards, and for
  /// `open_clip_model.safetensors` and `open_clip_pytorch_model.safetensors`, in this order or
  /// open_clip's names before the others. kMissingFile, with the command that converts them where
  /// the folder has only pickled weights, which are never read; kBadData naming the tensor that an
  /// index promises and its shard lacks, or the other way round.
  explicit WeightFiles(const std::filesystem::path& folder,
                       WeightNames first = WeightNames::kTransformers);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  /// Where the weights were found, for messages.
  const std::filesystem::path& path() const { return path_; }

 private:
  void read_shards();

  std::filesystem::path path_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, TensorView> tensors_;  // of all files
};

}  // namespace clipstill::bundle
