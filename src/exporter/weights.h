// A model's parameters and buffers by name, seen from one of its layers.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>

namespace clipstill::exporter {

class Weights {
 public:
  explicit Weights(const torch::nn::Module& module);

  /// The same seen from a layer below this one: at("blocks").at(3).
  Weights at(const std::string& layer) const;
  Weights at(int64_t index) const { return at(std::to_string(index)); }

  /// This layer's place in the model, "image.blocks.3"; empty at the top.
  const std::string& path() const { return path_; }
  /// The full name of one of its parameters.
  std::string name(const std::string& parameter) const;

  /// Whether the layer, or anything below it, has parameters.
  bool has(const std::string& layer_or_parameter) const;
  /// fp32 on the CPU. kBadData naming the tensor, and the nearest that exists, if it is missing.
  torch::Tensor tensor(const std::string& parameter) const;
  /// What this normalisation layer adds to the variance; kBadData if it is none.
  double epsilon() const;

 private:
  struct Model;
  Weights(std::shared_ptr<const Model> model, std::string path)
      : model_(std::move(model)), path_(std::move(path)) {}

  std::shared_ptr<const Model> model_;
  std::string path_;
};

}  // namespace clipstill::exporter
