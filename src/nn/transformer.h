// Transformer encoder of the CLIP family: pre-norm (Radford et al. 2021; SigLIP), or post-norm
// (BERT, the text tower of Chinese-CLIP).
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "core/options.h"

namespace clipstill::nn {

enum class Gelu { kExact, kQuick, kTanh };

StringList gelu_names();
/// "gelu": x Phi(x); "quick_gelu": x sigmoid(1.702 x), which OpenAI's weights were trained with;
/// "gelu_tanh": GELU by its tanh approximation. kUsage naming the nearest name for any other.
Gelu gelu_of(const std::string& name);
/// Without gradients x may be overwritten.
torch::Tensor gelu(torch::Tensor x, Gelu kind);

struct TransformerOptions {
  int64_t width = 128;
  int64_t layers = 2;
  int64_t heads = 4;
  int64_t mlp_width = 0;  // 0 = 4 x width
  Gelu gelu = Gelu::kExact;
  double norm_epsilon = 1e-5;
  bool post_norm = false;  // normalise after each residual sum instead of before each branch
};

torch::nn::LayerNorm layer_norm(const TransformerOptions& options);
int64_t mlp_width(const TransformerOptions& options);

/// Multi-head attention of queries [B, Q, W] to x [B, L, W], before the output layer; -> [B, Q, W].
/// `qkv` maps to 3W: query, key, value. `bias`, undefined for none, is added to the scores
/// [B, H, Q, L].
torch::Tensor attend(torch::nn::LinearImpl& qkv, int64_t heads, const torch::Tensor& x,
                     const torch::Tensor& queries, const torch::Tensor& bias);
/// Multiply-adds x 2 of a layer over `length` tokens where only `queries` of them are wanted.
int64_t layer_flops(const TransformerOptions& options, int64_t length, int64_t queries);

/// Floats that a layer holds at once for a sequence, without gradients: beside its input, either
/// queries, keys, values and twice the scores, or the feed-forward part before and after its GELU.
int64_t layer_activations(const TransformerOptions& options, int64_t length);

class TransformerLayerImpl : public torch::nn::Module {
 public:
  explicit TransformerLayerImpl(const TransformerOptions& options);
  /// x [B, L, W] is what attention looks at, queries [B, Q, W] the tokens of it whose new values
  /// are wanted; -> [B, Q, W]. `bias` as in attend().
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& queries,
                        const torch::Tensor& bias);

 private:
  int64_t heads_;
  Gelu gelu_;
  bool post_norm_;
  torch::nn::LayerNorm norm1_, norm2_;
  torch::nn::Linear qkv_, out_, fc1_, fc2_;
};
TORCH_MODULE(TransformerLayer);

class TransformerImpl : public torch::nn::Module {
 public:
  explicit TransformerImpl(const TransformerOptions& options);
  /// x [B, L, W] -> [B, L, W]; a pre-norm encoder normalises at the end. `bias` as in a layer.
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& bias = {});
  /// forward() at one token of each row, [B, W]: the last layer computes nothing else. `token` [B]
  /// int64; undefined for the first. `bias` is [B or 1, 1, L or 1, L].
  torch::Tensor forward_token(torch::Tensor x, const torch::Tensor& bias = {},
                              const torch::Tensor& token = {});
  /// Of forward_token(), or of forward() with `queries` = `length`.
  int64_t flops(int64_t length, int64_t queries = 1) const;

 private:
  torch::Tensor normalised(const torch::Tensor& x);

  TransformerOptions options_;
  std::vector<TransformerLayer> layers_;
  torch::nn::LayerNorm norm_{nullptr};  // pre-norm only
};
TORCH_MODULE(Transformer);

/// Attention bias that hides padding: mask [B, L] bool (true = token) -> [B, 1, 1, L].
torch::Tensor padding_bias(const torch::Tensor& mask, const torch::TensorOptions& options);
/// Attention bias that hides what comes later: [1, 1, L, L].
torch::Tensor causal_bias(int64_t length, const torch::TensorOptions& options);

/// `width / head_width`, kUsage naming `tower` if it does not divide.
int64_t head_count(int64_t width, int64_t head_width, const std::string& tower);

}  // namespace clipstill::nn
