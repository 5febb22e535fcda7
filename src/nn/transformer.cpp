#include "nn/transformer.h"

#include <cmath>
#include <string>

#include "core/error.h"

namespace clipstill::nn {
namespace {

torch::nn::Linear linear(int64_t in, int64_t out, double std) {
  torch::nn::Linear layer(in, out);
  torch::nn::init::normal_(layer->weight, 0.0, std);
  torch::nn::init::zeros_(layer->bias);
  return layer;
}

torch::nn::LayerNorm layer_norm(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(1e-5));
}

}  // namespace

// Initial deviations as CLIP's: W^-1/2 for the attention input, (2W)^-1/2 for the first
// feed-forward matrix, and those that write to the residual stream scaled by (2 x depth)^-1/2.
TransformerLayerImpl::TransformerLayerImpl(int64_t width, int64_t heads, int64_t depth)
    : heads_(heads),
      norm1_(register_module("norm1", layer_norm(width))),
      norm2_(register_module("norm2", layer_norm(width))),
      qkv_(register_module("qkv", linear(width, 3 * width, 1.0 / std::sqrt(width)))),
      out_(register_module("out", linear(width, width, 1.0 / std::sqrt(2.0 * depth * width)))),
      fc1_(register_module("fc1", linear(width, 4 * width, 1.0 / std::sqrt(2.0 * width)))),
      fc2_(register_module("fc2", linear(4 * width, width, 1.0 / std::sqrt(2.0 * depth * width)))) {
}

torch::Tensor TransformerLayerImpl::forward(torch::Tensor x, const torch::Tensor& bias) {
  const auto batch = x.size(0), length = x.size(1), width = x.size(2);
  const auto head_width = width / heads_;
  // [B, L, 3W] -> [3, B, H, L, W/H]
  const auto qkv = qkv_->forward(norm1_->forward(x))
                       .view({batch, length, 3, heads_, head_width})
                       .permute({2, 0, 3, 1, 4});
  auto scores = torch::matmul(qkv[0] / std::sqrt(static_cast<double>(head_width)),
                              qkv[1].transpose(-2, -1));  // [B, H, L, L]
  if (bias.defined()) scores = scores + bias;
  const auto mixed = torch::matmul(torch::softmax(scores, -1), qkv[2])  // [B, H, L, W/H]
                         .transpose(1, 2)
                         .reshape({batch, length, width});
  x = x + out_->forward(mixed);
  return x + fc2_->forward(torch::gelu(fc1_->forward(norm2_->forward(x))));
}

TransformerImpl::TransformerImpl(const TransformerOptions& options)
    : options_(options), norm_(layer_norm(options.width)) {
  for (int64_t i = 0; i < options.layers; ++i) {
    layers_.push_back(
        register_module("layer" + std::to_string(i),
                        TransformerLayer(options.width, options.heads, options.layers)));
  }
  register_module("norm", norm_);
}

torch::Tensor TransformerImpl::forward(torch::Tensor x, const torch::Tensor& mask) {
  torch::Tensor bias;
  if (mask.defined()) {
    bias = torch::zeros(mask.sizes(), x.options())
               .masked_fill_(mask.logical_not(), -std::numeric_limits<float>::infinity())
               .view({mask.size(0), 1, 1, mask.size(1)});
  }
  for (auto& layer : layers_) x = layer->forward(x, bias);
  return norm_->forward(x);
}

int64_t TransformerImpl::flops(int64_t length) const {
  const int64_t w = options_.width;
  return options_.layers * (2 * length * 12 * w * w + 4 * length * length * w);
}

int64_t head_count(int64_t width, int64_t head_width, const char* tower) {
  if (width % head_width != 0) {
    fail(ErrorCode::kUsage, "{}: width {} is not a multiple of head_width {}", tower, width,
         head_width);
  }
  return width / head_width;
}

}  // namespace clipstill::nn
