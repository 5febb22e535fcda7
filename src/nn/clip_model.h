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
  int64_t embed_dim = 128;  // D, width of the joint space
  // From a tower's features to the joint space: "linear", "affine" (with a bias), or "none", where
  // the features are that wide already.
  std::string image_projection = "linear";
  std::string text_projection = "linear";
  double initial_scale = 1 / 0.07;  // exp(logit_scale) at the start
  double max_scale = 100.0;         // exp(logit_scale) is at most this
  bool logit_bias = false;          // a bias of the logits (SigLIP)
};

void declare_options(OptionSet& set, const std::string& prefix, ClipModelOptions& options);

class ClipModelImpl : public torch::nn::Module {
 public:
  explicit ClipModelImpl(const ClipModelOptions& options);

  /// [B, 3, S, S] -> L2-normalised float embeddings [B, D]. Here and below, what lies on another
  /// device than the weights is computed on theirs and comes back.
  torch::Tensor encode_image(const torch::Tensor& images);
  /// ids [B, L], mask [B, L] bool -> L2-normalised float embeddings [B, D].
  torch::Tensor encode_text(const torch::Tensor& ids, const torch::Tensor& mask);
  /// tau = min(exp(logit_scale), max_scale), a scalar tensor.
  torch::Tensor scale() const;
  /// clamp_log_scale() of it, after an optimiser step.
  void clamp_scale();
  /// What is added to every logit: 0 where the model has no bias. No softmax notices it.
  double logit_bias() const;

  const ClipModelOptions& options() const { return options_; }
  /// Parameter counts; the parts sum to the whole model.
  std::map<std::string, int64_t> parameters_by_component() const;
  /// How many images to encode at once without gradients: as many as fill the caches. More are
  /// slower, not faster (ViT-L/14 on two cores: 8 at once take 0.96 s each, 45 at once 1.13 s), and
  /// cost memory.
  int64_t images_at_once() const;
  /// Bytes that one image, or one text of `length` tokens, needs without gradients beside the
  /// weights; rather too many.
  int64_t image_bytes() const;
  int64_t text_bytes(int64_t length) const;
  int64_t image_flops() const;
  int64_t text_flops(int64_t length) const;

 private:
  ClipModelOptions options_;
  std::shared_ptr<ImageTower> image_;
  std::shared_ptr<TextTower> text_;
  torch::nn::Linear add_projection(const std::string& name, const std::string& kind,
                                   int64_t features);
  torch::Tensor project(torch::nn::Linear& projection, const torch::Tensor& features);
  torch::Device device() const { return logit_scale_.device(); }

  torch::nn::Linear image_projection_{nullptr}, text_projection_{nullptr};  // null for "none"
  torch::Tensor logit_scale_;                                               // log(tau)
  torch::Tensor logit_bias_;  // only with options().logit_bias
};
TORCH_MODULE(ClipModel);

/// Builds a model whose initial weights are a pure function of (options, seed). Not to be called
/// from several threads at once: libtorch's default generator is seeded for it.
ClipModel make_clip_model(const ClipModelOptions& options, uint64_t seed);

}  // namespace clipstill::nn
