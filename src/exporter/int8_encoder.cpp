#include "exporter/int8_encoder.h"

#include <algorithm>

#include "exporter/int8_prepare.h"

namespace clipstill::exporter {

Int8Encoder::Int8Encoder(const EncoderData& data, const Int8Options& options)
    : data_(data),
      graph_(prepared_for_int8(data.graph)),
      layers_(quantizable_layers(graph_)),
      always_fp32_(slow_in_int8(graph_)),
      ranges_(calibrate(graph_, data.calibration, options.calibration)) {
  for (const auto& layer : options.fp32_layers) {
    if (has(layer)) always_fp32_.insert(layer);
  }
  quantizer_ = {.fp32_layers = always_fp32_, .reduce_range = options.reduce_range};
}

bool Int8Encoder::has(const std::string& layer) const {
  return std::ranges::count(layers_, layer) > 0;
}

std::vector<LayerCost> Int8Encoder::costs(const std::function<void()>& advance) const {
  const auto expected = run_all(Evaluator(graph_), data_.validation);  // [N, D], length 1
  std::vector<LayerCost> costs;
  for (const auto& layer : layers_) {
    auto alone = quantizer_;
    alone.fp32_layers = {layers_.begin(), layers_.end()};
    alone.fp32_layers.erase(layer);
    const auto found = run_all(Evaluator(quantized(graph_, ranges_, alone)), data_.validation);
    const double cosine = (found * expected).sum(1).to(torch::kDouble).mean().item<double>();
    costs.push_back({layer, std::max(0.0, 1 - cosine)});
    advance();
  }
  return costs;
}

std::vector<NamedWeight> Int8Encoder::unfreeze() {
  std::vector<NamedWeight> weights;
  for (auto& [name, value] : graph_.initializers) {
    if (!graph_.parameters.contains(name)) continue;
    value = value.clone().requires_grad_();
    weights.emplace_back(name, value);
  }
  return weights;
}

void Int8Encoder::freeze() {
  for (auto& initializer : graph_.initializers) initializer.value = initializer.value.detach();
}

}  // namespace clipstill::exporter
