// One encoder on its way to int8: its calibrated graph, and which of its layers stay fp32.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/int8.h"

namespace clipstill::exporter {

class Int8Encoder {
 public:
  /// Calibrates. `data` must outlive it.
  Int8Encoder(const EncoderData& data, const Int8Options& options);

  const std::vector<std::string>& layers() const { return layers_; }
  bool has(const std::string& layer) const;

  bool is_fp32(const std::string& layer) const { return quantizer_.fp32_layers.contains(layer); }
  void leave_in_fp32(const std::string& layer) { quantizer_.fp32_layers.insert(layer); }
  void put_into_int8(const std::string& layer) { quantizer_.fp32_layers.erase(layer); }
  /// Back to int8 with all layers but those that are slow in it or named in the options.
  void put_all_into_int8() { quantizer_.fp32_layers = always_fp32_; }

  /// The int8 graph of the layers and weights as they are.
  Graph graph() const { return quantized(graph_, ranges_, quantizer_); }

  /// What each layer costs alone; `advance` is called after each.
  std::vector<LayerCost> costs(const std::function<void()>& advance) const;

  /// Makes the weights copies of their own that require gradients, in a fixed order.
  std::vector<NamedWeight> unfreeze();
  /// One batch -> embeddings [B, D] by graph(), with gradients.
  torch::Tensor embed(const Tensors& batch) const { return Evaluator(graph()).run(batch).at(0); }
  void freeze();

 private:
  const EncoderData& data_;
  Graph graph_;
  std::vector<std::string> layers_;
  std::set<std::string> always_fp32_;
  Ranges ranges_;
  QuantizerOptions quantizer_;
};

}  // namespace clipstill::exporter
