// Tensors by name between modules, safetensors files and the moving average of weights.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>

#include "bundle/safetensors.h"
#include "nn/named_tensors.h"
#include "pretrained/key_map.h"

namespace clipstill::train {

using nn::named_tensors;
using nn::NamedTensors;

/// fp32, or fp16 where `half`.
void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors, bool half = false,
                  const std::map<std::string, std::string>& metadata = {});

/// Copies the file's values into `tensors`. kBadData listing what is missing, unexpected or
/// misshapen.
void load_tensors(const std::filesystem::path& path, const NamedTensors& tensors);

/// The same from a file whose tensors have other names or layouts; `path` stands for it in errors,
/// and `map` has a source for each of `tensors`.
void copy_tensors(const std::map<std::string, bundle::TensorView>& file,
                  const std::filesystem::path& path, const pretrained::KeyMap& map,
                  const NamedTensors& tensors);

}  // namespace clipstill::train
