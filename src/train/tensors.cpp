#include "train/tensors.h"

#include <fmt/ranges.h>

#include <cstring>
#include <functional>
#include <optional>
#include <set>

#include "core/error.h"

namespace clipstill::train {
namespace {

using Parts = std::vector<const bundle::TensorView*>;

std::optional<torch::ScalarType> scalar_type(bundle::DType dtype) {
  switch (dtype) {
    case bundle::DType::kF32:
      return torch::kFloat;
    case bundle::DType::kF64:
      return torch::kDouble;
    case bundle::DType::kF16:
      return torch::kHalf;
    case bundle::DType::kBF16:
      return torch::kBFloat16;
    default:
      return std::nullopt;
  }
}

// Why the parts do not make `tensor`; empty if they do.
std::string misfit(const Parts& parts, const pretrained::TensorSource& source,
                   const torch::Tensor& tensor) {
  auto expected = tensor.sizes().vec();
  if (source.transposed) std::swap(expected.at(0), expected.at(1));
  auto found = parts[0]->shape;
  for (const auto* part : parts) {
    if (!scalar_type(part->dtype)) {
      return fmt::format("expected floating point, found {}", bundle::dtype_name(part->dtype));
    }
    if (part == parts[0]) continue;
    const bool joins = part->shape.size() == found.size() && !found.empty() &&
                       std::equal(found.begin() + 1, found.end(), part->shape.begin() + 1);
    if (!joins) return "its parts have different shapes";
    found[0] += part->shape[0];
  }
  const bool fits =
      source.reshaped ? parts[0]->element_count() == tensor.numel() : found == expected;
  if (fits) return "";
  return fmt::format("expected [{}], found [{}]", fmt::join(expected, ", "),
                     fmt::join(found, ", "));
}

void copy(const Parts& parts, const pretrained::TensorSource& source, const torch::Tensor& tensor) {
  int64_t row = 0;
  for (const auto* part : parts) {
    // A copy, because the file's data may be unaligned.
    auto values = torch::empty(part->shape, *scalar_type(part->dtype));
    if (!part->bytes.empty())
      std::memcpy(values.data_ptr(), part->bytes.data(), part->bytes.size());
    if (source.transposed) values = values.t();
    if (source.reshaped) values = values.reshape(tensor.sizes());
    if (parts.size() == 1) {
      tensor.copy_(values);
    } else {
      tensor.narrow(0, row, values.size(0)).copy_(values);
      row += values.size(0);
    }
  }
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors, bool half,
                  const std::map<std::string, std::string>& metadata) {
  const auto dtype = half ? torch::kHalf : torch::kFloat;
  std::vector<torch::Tensor> keep;  // the bytes live until the file is written
  std::map<std::string, bundle::TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const auto& flat = keep.emplace_back(tensor.detach().cpu().to(dtype).contiguous());
    if (half && !flat.isfinite().all().item<bool>()) {
      fail(ErrorCode::kBadData,
           "{}: {} has values that are not finite or beyond 65,504, the greatest of fp16",
           path.string(), name);
    }
    views[name] = {half ? bundle::DType::kF16 : bundle::DType::kF32,
                   flat.sizes().vec(),
                   {static_cast<const uint8_t*>(flat.data_ptr()), flat.nbytes()}};
  }
  bundle::write_safetensors(path, views, metadata);
}

void load_tensors(const std::filesystem::path& path, const NamedTensors& tensors) {
  const bundle::SafetensorsFile file(path);
  pretrained::KeyMap same_names;
  for (const auto& [name, tensor] : tensors) same_names[name] = {{name}};
  copy_tensors(file.tensors(), path, same_names, tensors);
}

void copy_tensors(const std::map<std::string, bundle::TensorView>& file,
                  const std::filesystem::path& path, const pretrained::KeyMap& map,
                  const NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  std::set<std::string> used;
  std::vector<std::string> missing, unexpected, misshapen;
  std::vector<std::function<void()>> copies;  // made when everything is known to fit
  for (const auto& [name, tensor] : tensors) {
    const auto source = map.find(name);
    if (source == map.end()) fail(ErrorCode::kInternal, "no source is known for \"{}\"", name);
    std::vector<const bundle::TensorView*> parts;
    for (const auto& part : source->second.names) {
      used.insert(part);
      const auto found = file.find(part);
      if (found == file.end()) {
        missing.push_back(part);
      } else {
        parts.push_back(&found->second);
      }
    }
    if (parts.size() != source->second.names.size()) continue;
    const auto problem = misfit(parts, source->second, tensor);
    if (!problem.empty()) {
      misshapen.push_back(fmt::format("{} ({})", fmt::join(source->second.names, " + "), problem));
    } else {
      copies.emplace_back([parts, &from = source->second, &to = tensor] { copy(parts, from, to); });
    }
  }
  for (const auto& [name, view] : file) {
    if (!used.contains(name)) unexpected.push_back(name);
  }
  if (!missing.empty() || !unexpected.empty() || !misshapen.empty()) {
    fail(ErrorCode::kBadData,
         "{}: does not fit the model; missing: {}; unexpected: {}; of another shape or type: {}",
         path.string(), fmt::join(missing, ", "), fmt::join(unexpected, ", "),
         fmt::join(misshapen, ", "));
  }
  for (const auto& make_copy : copies) make_copy();
}

}  // namespace clipstill::train
