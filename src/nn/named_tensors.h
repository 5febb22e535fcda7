// The tensors of a module by their names.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>

namespace clipstill::nn {

using NamedTensors = std::map<std::string, torch::Tensor>;

/// Parameters and buffers of a module, live, under `prefix`. Integer buffers (counts of batches
/// seen) are left out: nothing reads them.
NamedTensors named_tensors(const torch::nn::Module& module, const std::string& prefix = "");

}  // namespace clipstill::nn
