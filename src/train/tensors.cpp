#include "train/tensors.h"

#include <fmt/ranges.h>

#include "bundle/safetensors.h"
#include "core/error.h"

namespace clipstill::train {

NamedTensors named_tensors(const torch::nn::Module& module, const std::string& prefix) {
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) tensors[prefix + item.key()] = item.value();
  for (const auto& item : module.named_buffers()) {
    if (item.value().is_floating_point()) tensors[prefix + item.key()] = item.value();
  }
  return tensors;
}

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors, bool half,
                  const std::map<std::string, std::string>& metadata) {
  const auto dtype = half ? torch::kHalf : torch::kFloat;
  std::vector<torch::Tensor> keep;  // the bytes live until the file is written
  std::map<std::string, bundle::TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const auto& flat = keep.emplace_back(tensor.detach().cpu().to(dtype).contiguous());
    views[name] = {half ? bundle::DType::kF16 : bundle::DType::kF32,
                   flat.sizes().vec(),
                   {static_cast<const uint8_t*>(flat.data_ptr()), flat.nbytes()}};
  }
  bundle::write_safetensors(path, views, metadata);
}

void load_tensors(const std::filesystem::path& path, const NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  const bundle::SafetensorsFile file(path);
  std::vector<std::string> missing, unexpected, misshapen;
  for (const auto& [name, view] : file.tensors()) {
    if (!tensors.contains(name)) unexpected.push_back(name);
  }
  for (const auto& [name, tensor] : tensors) {
    const auto found = file.tensors().find(name);
    if (found == file.tensors().end()) {
      missing.push_back(name);
    } else if (tensor.sizes().vec() != found->second.shape) {
      misshapen.push_back(fmt::format("{} (expected [{}], found [{}])", name,
                                      fmt::join(tensor.sizes().vec(), ", "),
                                      fmt::join(found->second.shape, ", ")));
    }
  }
  if (!missing.empty() || !unexpected.empty() || !misshapen.empty()) {
    fail(ErrorCode::kBadData,
         "{}: does not fit the model; missing: {}; unexpected: {}; of another shape: {}",
         path.string(), fmt::join(missing, ", "), fmt::join(unexpected, ", "),
         fmt::join(misshapen, ", "));
  }
  for (const auto& [name, tensor] : tensors) {
    auto values = file.floats(name);
    tensor.copy_(torch::from_blob(values.data(), tensor.sizes(), torch::kFloat));
  }
}

}  // namespace clipstill::train
