// Tensors by name: between modules, safetensors files and the moving average of weights.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>

namespace clipstill::train {

using NamedTensors = std::map<std::string, torch::Tensor>;

/// Parameters and buffers of a module, live, under `prefix`. Integer buffers (counts of batches
/// seen) are left out: nothing reads them.
NamedTensors named_tensors(const torch::nn::Module& module, const std::string& prefix = "");

/// fp32, or fp16 where `half`.
void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors, bool half = false,
                  const std::map<std::string, std::string>& metadata = {});

/// Copies the file's values into `tensors`. kBadData listing what is missing, unexpected or
/// misshapen.
void load_tensors(const std::filesystem::path& path, const NamedTensors& tensors);

}  // namespace clipstill::train
