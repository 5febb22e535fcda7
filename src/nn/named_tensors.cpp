#include "nn/named_tensors.h"

namespace clipstill::nn {

NamedTensors named_tensors(const torch::nn::Module& module, const std::string& prefix) {
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) tensors[prefix + item.key()] = item.value();
  for (const auto& item : module.named_buffers()) {
    if (item.value().is_floating_point()) tensors[prefix + item.key()] = item.value();
  }
  return tensors;
}

}  // namespace clipstill::nn
