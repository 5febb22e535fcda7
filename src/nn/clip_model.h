// Two towers, their projections to the joint space, and the logit scale (Radford et al. 2021).
#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>

#include "nn/image_tower.h"
#include "nn/text_tower.h"

namespace clipstill::nn {

struct ClipModelOptions {
  ImageTowerOptions image;
  TextTowerOptions text;
  int64_t embed_dim = 128;          // D, width of the joint space
  double initial_scale = 1 / 0.07;  // exp(logit_scale) at the start
  double max_scale = 100.0;         // exp(logit_scale) is clamped here
};

void declare_options(OptionSet& set, const std::string& prefix, ClipModelOptions& options);

class ClipModelImpl : public torch::nn::Module {
 public:
  explicit ClipModelImpl(const ClipModelOptions& options);

  /// [B, 3, S, S] -> L2-normalised float embeddings [B, D].
  torch::Tensor encode_image(const torch::Tensor& images);
  /// ids [B, L], mask [B, L] bool -> L2-normalised float embeddings [B, D].
  torch::Tensor encode_text(const torch::Tensor& ids, const torch::Tensor& mask);
  /// tau = min(exp(logit_scale), max_scale), a scalar tensor.
  torch::Tensor scale() const;

  const ClipModelOptions& options() const { return options_; }
  /// Parameter counts; the parts sum to the whole model.
  std::map<std::string, int64_t> parameters_by_component() const;
  int64_t image_flops() const;
  int64_t text_flops(int64_t length) const;

 private:
  ClipModelOptions options_;
  std::shared_ptr<ImageTower> image_;
  std::shared_ptr<TextTower> text_;
  torch::nn::Linear image_projection_{nullptr}, text_projection_{nullptr};
  torch::Tensor logit_scale_;  // log(tau)
};
TORCH_MODULE(ClipModel);

/// Builds a model whose initial weights are a pure function of (options, seed). Not to be called
/// from several threads at once: libtorch's default generator is seeded for it.
ClipModel make_clip_model(const ClipModelOptions& options, uint64_t seed);

}  // namespace clipstill::nn
