#include "nn/transformer.h"

#include <cmath>

#include <fmt/ranges.h>

#include "core/error.h"
#include "nn/transformer_kernels.h"

namespace clipstill::nn {
namespace {

const std::pair<const char*, Gelu> kGelus[] = {
    {"gelu", Gelu::kExact}, {"quick_gelu", Gelu::kQuick}, {"gelu_tanh", Gelu::kTanh}};

torch::nn::Linear linear(int64_t in, int64_t out, double std) {
  torch::nn::Linear layer(in, out);
  torch::nn::init::normal_(layer->weight, 0.0, std);
  torch::nn::init::zeros_(layer->bias);
  return layer;
}

// Row `token` of each of x [B, L, W] -> [B, 1, W].
torch::Tensor rows_at(const torch::Tensor& x, const torch::Tensor& token) {
  if (!token.defined()) return x.narrow(1, 0, 1);
  return x.gather(1, token.view({-1, 1, 1}).expand({-1, 1, x.size(2)}));
}

// The rows of a bias [B or 1, 1, L or 1, L] that belong to `token`: [B or 1, 1, 1, L].
torch::Tensor bias_at(const torch::Tensor& bias, const torch::Tensor& token) {
  if (!bias.defined() || bias.size(2) == 1) return bias;
  if (!token.defined()) return bias.narrow(2, 0, 1);
  const auto index = token.view({-1, 1, 1, 1}).expand({-1, 1, 1, bias.size(3)});
  return bias.expand({token.size(0), -1, -1, -1}).gather(2, index);
}

// Whether x, which nobody differentiates, is for the loops of transformer_kernels.h.
bool suits_kernels(const torch::Tensor& x) {
  return !torch::GradMode::is_enabled() && x.scalar_type() == torch::kFloat && x.is_cpu();
}

// attend() for projections that suit the kernels, head by head.
torch::Tensor attend_by_kernel(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v, int64_t heads, const torch::Tensor& bias) {
  const int64_t batch = q.size(0), queries = q.size(1), width = q.size(2), length = k.size(1);
  const int64_t head_width = width / heads;
  const auto out = torch::empty({batch, queries, width}, q.options());
  const auto shown = bias.defined() ? bias.contiguous() : bias;  // [B or 1, 1, Q or 1, L]
  at::parallel_for(0, batch * heads, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(attention_scratch(length, head_width)));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / heads, first = i % heads * head_width;
      const auto rows = [&](const torch::Tensor& t) {
        return t.data_ptr<float>() + b * t.stride(0) + first;
      };
      AttentionHead head{.q = rows(q),
                         .q_stride = q.stride(1),
                         .k = rows(k),
                         .v = rows(v),
                         .kv_stride = k.stride(1),
                         .bias = nullptr,
                         .bias_stride = 0,
                         .queries = queries,
                         .length = length,
                         .width = head_width,
                         .out = rows(out),
                         .out_stride = width};
      if (shown.defined()) {
        const int64_t of_sequence = shown.size(0) == 1 ? 0 : shown.stride(0);
        head.bias = shown.data_ptr<float>() + b * of_sequence;
        head.bias_stride = shown.size(2) == 1 ? 0 : shown.stride(2);
      }
      attend_head(head, scratch.data());
    }
  });
  return out;
}

// sigmoid_gelu() over all of x, which is overwritten.
torch::Tensor gelu_by_kernel(torch::Tensor x, double linear, double cubic) {
  constexpr int64_t kGrain = 1 << 15;
  x = x.contiguous();
  float* const values = x.data_ptr<float>();
  at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    sigmoid_gelu(values + begin, end - begin, static_cast<float>(linear),
                 static_cast<float>(cubic));
  });
  return x;
}

}  // namespace

StringList gelu_names() {
  StringList names;
  for (const auto& [name, kind] : kGelus) names.push_back(name);
  return names;
}

Gelu gelu_of(const std::string& name) {
  for (const auto& [known, kind] : kGelus) {
    if (name == known) return kind;
  }
  fail(ErrorCode::kUsage, "no activation is called \"{}\"; known: {}; nearest: {}", name,
       fmt::join(gelu_names(), ", "), nearest_name(name, gelu_names()));
}

torch::Tensor gelu(torch::Tensor x, Gelu kind) {
  constexpr double kQuick = 1.702;
  const double tanh_linear = 2 * std::sqrt(2 / M_PI);
  switch (kind) {
    case Gelu::kExact:
      return suits_kernels(x) ? torch::gelu_(x) : torch::gelu(x);
    case Gelu::kQuick:
      return suits_kernels(x) ? gelu_by_kernel(x, kQuick, 0) : x * torch::sigmoid(kQuick * x);
    case Gelu::kTanh:
      return suits_kernels(x) ? gelu_by_kernel(x, tanh_linear, 0.044715 * tanh_linear)
                              : torch::gelu(x, "tanh");
  }
  fail(ErrorCode::kInternal, "unknown kind of GELU: {}", static_cast<int>(kind));
}

torch::nn::LayerNorm layer_norm(const TransformerOptions& options) {
  return torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({options.width}).eps(options.norm_epsilon));
}

int64_t mlp_width(const TransformerOptions& options) {
  return options.mlp_width > 0 ? options.mlp_width : 4 * options.width;
}

torch::Tensor attend(torch::nn::LinearImpl& qkv, int64_t heads, const torch::Tensor& x,
                     const torch::Tensor& queries, const torch::Tensor& bias) {
  const auto batch = x.size(0), width = x.size(2), head_width = width / heads;
  std::vector<torch::Tensor> parts;  // q [B, Q, W], k and v [B, L, W]
  if (queries.is_same(x)) {
    parts = qkv.forward(x).contiguous().split(width, 2);
  } else {
    const auto project = [&](const torch::Tensor& tokens, int64_t first, int64_t count) {
      return torch::linear(tokens, qkv.weight.narrow(0, first * width, count * width),
                           qkv.bias.narrow(0, first * width, count * width));
    };
    parts = project(x, 1, 2).contiguous().split(width, 2);
    parts.insert(parts.begin(), project(queries, 0, 1).contiguous());
  }
  if (suits_kernels(parts[0])) return attend_by_kernel(parts[0], parts[1], parts[2], heads, bias);
  const auto by_head = [&](const torch::Tensor& rows) {  // [B, H, Q or L, W/H]
    return rows.view({batch, rows.size(1), heads, head_width}).transpose(1, 2);
  };
  const auto q = by_head(parts[0]), k = by_head(parts[1]), v = by_head(parts[2]);
  auto scores = torch::matmul(q / std::sqrt(static_cast<double>(head_width)), k.transpose(-2, -1));
  if (bias.defined()) scores = scores + bias;
  const auto mixed = torch::matmul(torch::softmax(scores, -1), v);  // [B, H, Q, W/H]
  return mixed.transpose(1, 2).reshape({batch, queries.size(1), width});
}

int64_t layer_flops(const TransformerOptions& options, int64_t length, int64_t queries) {
  const int64_t w = options.width;
  const int64_t projections = 2 * w * w * (queries + 2 * length);
  const int64_t attention = 4 * queries * length * w + 2 * queries * w * w;
  return projections + attention + 4 * queries * w * mlp_width(options);
}

int64_t layer_activations(const TransformerOptions& options, int64_t length) {
  const int64_t attention = 6 * length * options.width + 2 * options.heads * length * length;
  const int64_t feed_forward = 2 * length * options.width + 3 * length * mlp_width(options);
  return 2 * length * options.width + std::max(attention, feed_forward);
}

// Initial deviations as CLIP's: W^-1/2 for the attention input, (2W)^-1/2 for the first
// feed-forward matrix, and those that write to the residual stream scaled by (2 x depth)^-1/2.
TransformerLayerImpl::TransformerLayerImpl(const TransformerOptions& o)
    : heads_(o.heads),
      gelu_(o.gelu),
      post_norm_(o.post_norm),
      norm1_(register_module("norm1", layer_norm(o))),
      norm2_(register_module("norm2", layer_norm(o))),
      qkv_(register_module("qkv", linear(o.width, 3 * o.width, 1.0 / std::sqrt(o.width)))),
      out_(register_module("out",
                           linear(o.width, o.width, 1.0 / std::sqrt(2.0 * o.layers * o.width)))),
      fc1_(register_module("fc1", linear(o.width, mlp_width(o), 1.0 / std::sqrt(2.0 * o.width)))),
      fc2_(register_module(
          "fc2", linear(mlp_width(o), o.width, 1.0 / std::sqrt(2.0 * o.layers * o.width)))) {}

torch::Tensor TransformerLayerImpl::forward(const torch::Tensor& x, const torch::Tensor& queries,
                                            const torch::Tensor& bias) {
  const auto attention = [&](const torch::Tensor& context, const torch::Tensor& tokens) {
    return out_->forward(attend(*qkv_, heads_, context, tokens, bias));
  };
  const auto feed_forward = [&](const torch::Tensor& h) {
    return fc2_->forward(gelu(fc1_->forward(h), gelu_));
  };
  if (post_norm_) {
    const auto y = norm1_->forward(queries + attention(x, queries));
    return norm2_->forward(y + feed_forward(y));
  }
  const auto context = norm1_->forward(x);
  const auto y =
      queries + attention(context, queries.is_same(x) ? context : norm1_->forward(queries));
  return y + feed_forward(norm2_->forward(y));
}

TransformerImpl::TransformerImpl(const TransformerOptions& options) : options_(options) {
  for (int64_t i = 0; i < options.layers; ++i) {
    layers_.push_back(register_module("layer" + std::to_string(i), TransformerLayer(options)));
  }
  if (!options.post_norm) norm_ = register_module("norm", layer_norm(options));
}

torch::Tensor TransformerImpl::normalised(const torch::Tensor& x) {
  return norm_ ? norm_->forward(x) : x;
}

torch::Tensor TransformerImpl::forward(torch::Tensor x, const torch::Tensor& bias) {
  for (auto& layer : layers_) x = layer->forward(x, x, bias);
  return normalised(x);
}

torch::Tensor TransformerImpl::forward_token(torch::Tensor x, const torch::Tensor& bias,
                                             const torch::Tensor& token) {
  for (size_t i = 0; i + 1 < layers_.size(); ++i) x = layers_[i]->forward(x, x, bias);
  x = layers_.back()->forward(x, rows_at(x, token), bias_at(bias, token));
  return normalised(x.squeeze(1));
}

int64_t TransformerImpl::flops(int64_t length, int64_t queries) const {
  return (options_.layers - 1) * layer_flops(options_, length, length) +
         layer_flops(options_, length, queries);
}

torch::Tensor padding_bias(const torch::Tensor& mask, const torch::TensorOptions& options) {
  return torch::zeros(mask.sizes(), options)
      .masked_fill_(mask.logical_not(), -std::numeric_limits<float>::infinity())
      .view({mask.size(0), 1, 1, mask.size(1)});
}

torch::Tensor causal_bias(int64_t length, const torch::TensorOptions& options) {
  return torch::full({length, length}, -std::numeric_limits<float>::infinity(), options)
      .triu_(1)
      .view({1, 1, length, length});
}

int64_t head_count(int64_t width, int64_t head_width, const std::string& tower) {
  if (width % head_width != 0) {
    fail(ErrorCode::kUsage, "{}: width {} is not a multiple of head_width {}", tower, width,
         head_width);
  }
  return width / head_width;
}

}  // namespace clipstill::nn
