#include "exporter/weights.h"

#include <map>

#include "core/error.h"
#include "core/options.h"

namespace clipstill::exporter {

struct Weights::Model {
  std::map<std::string, torch::Tensor> tensors;
  std::map<std::string, double> epsilons;  // of normalisation layers, by path

  StringList names() const {
    StringList names;
    for (const auto& [name, tensor] : tensors) names.push_back(name);
    return names;
  }
};

Weights::Weights(const torch::nn::Module& module) {
  auto model = std::make_shared<Model>();
  for (const auto& item : module.named_parameters()) model->tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) model->tensors[item.key()] = item.value();
  for (const auto& item : module.named_modules("", /*include_self=*/false)) {
    if (const auto* batch_norm = item.value()->as<torch::nn::BatchNorm2dImpl>()) {
      model->epsilons[item.key()] = batch_norm->options.eps();
    } else if (const auto* layer_norm = item.value()->as<torch::nn::LayerNormImpl>()) {
      model->epsilons[item.key()] = layer_norm->options.eps();
    }
  }
  model_ = std::move(model);
}

Weights Weights::at(const std::string& layer) const {
  return {model_, name(layer)};
}

std::string Weights::name(const std::string& parameter) const {
  return path_.empty() ? parameter : path_ + "." + parameter;
}

bool Weights::has(const std::string& layer_or_parameter) const {
  const auto full = name(layer_or_parameter);
  if (model_->tensors.contains(full)) return true;
  const auto below = model_->tensors.lower_bound(full + ".");
  return below != model_->tensors.end() && below->first.starts_with(full + ".");
}

torch::Tensor Weights::tensor(const std::string& parameter) const {
  const auto full = name(parameter);
  const auto found = model_->tensors.find(full);
  if (found == model_->tensors.end()) {
    fail(ErrorCode::kBadData,
         "export: the model has no tensor \"{}\" (nearest of its {}: \"{}\"); its weights do not "
         "fit its options",
         full, model_->tensors.size(), nearest_name(full, model_->names()));
  }
  return found->second.detach().to(torch::kCPU, torch::kFloat).contiguous();
}

double Weights::epsilon() const {
  const auto found = model_->epsilons.find(path_);
  if (found == model_->epsilons.end()) {
    fail(ErrorCode::kBadData, "export: \"{}\" is not a normalisation layer of the model", path_);
  }
  return found->second;
}

}  // namespace clipstill::exporter
