// Pre-norm transformer encoder (Radford et al. 2021 use it in both CLIP towers).
#pragma once

#include <torch/torch.h>

#include <vector>

namespace clipstill::nn {

struct TransformerOptions {
  int64_t width = 128;
  int64_t layers = 2;
  int64_t heads = 4;
};

class TransformerLayerImpl : public torch::nn::Module {
 public:
  TransformerLayerImpl(int64_t width, int64_t heads, int64_t depth);
  /// x [B, L, W]; `bias` is added to the attention scores, [B, 1, 1, L] or undefined.
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& bias);

 private:
  int64_t heads_;
  torch::nn::LayerNorm norm1_, norm2_;
  torch::nn::Linear qkv_, out_, fc1_, fc2_;
};
TORCH_MODULE(TransformerLayer);

class TransformerImpl : public torch::nn::Module {
 public:
  explicit TransformerImpl(const TransformerOptions& options);
  /// x [B, L, W] -> [B, L, W], normalised at the end. mask [B, L] bool (true = token) or undefined.
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& mask = {});
  int64_t flops(int64_t length) const;

 private:
  TransformerOptions options_;
  std::vector<TransformerLayer> layers_;
  torch::nn::LayerNorm norm_;
};
TORCH_MODULE(Transformer);

/// `width / head_width`, kUsage naming `tower` if it does not divide.
int64_t head_count(int64_t width, int64_t head_width, const char* tower);

}  // namespace clipstill::nn
