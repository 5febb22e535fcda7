#include "nn/batch_norm.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/batch_norm_kernels.h"

namespace clipstill::nn {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr auto kLayout = torch::MemoryFormat::ChannelsLast;

// A tensor in channels-last order as the matrix [rows, C] that it is in memory.
template <typename T>
T* rows_of(const Tensor& x) {
  return x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr;
}

int64_t row_count(const Tensor& x) {
  return x.numel() / x.size(1);
}

// Calls body(first, count) for blocks of rows whose bounds are a function of the row count alone.
template <typename Body>
void for_blocks(int64_t rows, const Body& body) {
  const int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  at::parallel_for(0, blocks, 8, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      body(b, b * kBlockRows, std::min(kBlockRows, rows - b * kBlockRows));
    }
  });
}

// Sums of two quantities by channel: of each block in fp32, over the blocks in fp64.
class ChannelSums {
 public:
  ChannelSums(int64_t rows, int64_t channels)
      : channels_(channels), blocks_(2 * channels * ((rows + kBlockRows - 1) / kBlockRows)) {}

  float* first(int64_t block) { return blocks_.data() + 2 * channels_ * block; }
  float* second(int64_t block) { return first(block) + channels_; }

  /// [2 C]: the sums of the first, then of the second.
  std::vector<double> total() const {
    std::vector<double> sums(2 * channels_);
    for (size_t i = 0; i < blocks_.size(); ++i) sums[i % sums.size()] += blocks_[i];
    return sums;
  }

 private:
  int64_t channels_;
  std::vector<float> blocks_;
};

template <typename T>
void transform(const Tensor& x, const std::vector<float>& scale, const std::vector<float>& shift,
               Activation activation, const Tensor& residual, const Tensor& y) {
  const int64_t channels = x.size(1);
  for_blocks(row_count(x), [&](int64_t, int64_t first, int64_t count) {
    const int64_t offset = first * channels;
    scale_shift(rows_of<T>(x) + offset,
                residual.defined() ? rows_of<T>(residual) + offset : nullptr, scale.data(),
                shift.data(), activation == Activation::kRelu, count, channels,
                rows_of<T>(y) + offset);
  });
}

// Mean and 1 / sqrt(variance + eps) by channel, and the running averages moved towards them.
template <typename T>
void batch_statistics(torch::nn::BatchNorm2dImpl& norm, const Tensor& x, std::vector<float>& mean,
                      std::vector<float>& inverse) {
  const int64_t channels = x.size(1), rows = row_count(x);
  // Sums of differences to the first row lose nothing where the mean is far from 0.
  std::vector<float> pivot(channels);
  for (int64_t c = 0; c < channels; ++c) pivot[c] = static_cast<float>(rows_of<T>(x)[c]);
  ChannelSums sums(rows, channels);
  for_blocks(rows, [&](int64_t block, int64_t first, int64_t count) {
    add_moments(rows_of<T>(x) + first * channels, pivot.data(), count, channels, sums.first(block),
                sums.second(block));
  });
  const auto total = sums.total();
  const auto n = static_cast<double>(rows);
  const double momentum = *norm.options.momentum();
  auto* running_mean = norm.running_mean.data_ptr<float>();
  auto* running_var = norm.running_var.data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    const double offset = total[c] / n;
    const double variance = std::max(0.0, total[channels + c] / n - offset * offset);
    mean[c] = static_cast<float>(pivot[c] + offset);
    inverse[c] = static_cast<float>(1 / std::sqrt(variance + norm.options.eps()));
    const double unbiased = variance * n / std::max(1.0, n - 1);
    running_mean[c] += static_cast<float>(momentum * (mean[c] - running_mean[c]));
    running_var[c] += static_cast<float>(momentum * (unbiased - running_var[c]));
  }
  norm.num_batches_tracked.add_(1);
}

// y = scale x + shift with scale = weight inverse, shift = bias - scale mean.
void fold(const Tensor& weight, const Tensor& bias, const float* mean, const float* inverse,
          std::vector<float>& scale, std::vector<float>& shift) {
  const auto* w = weight.data_ptr<float>();
  const auto* b = bias.data_ptr<float>();
  for (size_t c = 0; c < scale.size(); ++c) {
    scale[c] = w[c] * inverse[c];
    shift[c] = b[c] - scale[c] * mean[c];
  }
}

// dx = weight inverse (g - mean(g) - xhat mean(g xhat)), g the gradient before the activation;
// the sums of g and g xhat are the gradients of bias and weight.
template <typename T>
variable_list backward_of(const Tensor& dy, const Tensor& x, const Tensor& y, const Tensor& weight,
                          const std::vector<float>& mean, const std::vector<float>& inverse,
                          bool residual) {
  const int64_t channels = x.size(1), rows = row_count(x);
  // With a residual its gradient, g, has to be written anyway, and is read back in the second pass.
  const Tensor g = residual && y.defined() ? torch::empty_like(dy) : dy;
  ChannelSums sums(rows, channels);
  for_blocks(rows, [&](int64_t block, int64_t first, int64_t count) {
    const int64_t offset = first * channels;
    add_gradients(rows_of<T>(dy) + offset, rows_of<T>(x) + offset,
                  y.defined() ? rows_of<T>(y) + offset : nullptr, mean.data(), count, channels,
                  sums.first(block), sums.second(block),
                  g.is_same(dy) ? nullptr : rows_of<T>(g) + offset);
  });
  const auto total = sums.total();
  const auto dweight = torch::empty({channels}), dbias = torch::empty({channels});
  std::vector<float> on_g(channels), on_x(channels), constant(channels);
  const auto n = static_cast<double>(rows);
  for (int64_t c = 0; c < channels; ++c) {
    const double scale = static_cast<double>(weight.data_ptr<float>()[c]) * inverse[c];
    const double by_x = total[channels + c] * inverse[c];  // sum of g xhat
    dbias.data_ptr<float>()[c] = static_cast<float>(total[c]);
    dweight.data_ptr<float>()[c] = static_cast<float>(by_x);
    on_g[c] = static_cast<float>(scale);
    on_x[c] = static_cast<float>(-scale * inverse[c] * by_x / n);
    constant[c] = static_cast<float>(-scale * total[c] / n - on_x[c] * mean[c]);
  }
  const auto dx = torch::empty_like(x);
  const bool masked = y.defined() && g.is_same(dy);
  for_blocks(rows, [&](int64_t, int64_t first, int64_t count) {
    const int64_t offset = first * channels;
    combine_gradients(rows_of<T>(g) + offset, rows_of<T>(x) + offset,
                      masked ? rows_of<T>(y) + offset : nullptr, on_g.data(), on_x.data(),
                      constant.data(), count, channels, rows_of<T>(dx) + offset);
  });
  return {dx, dweight, dbias, residual ? g : Tensor()};
}

template <typename Body>
auto by_type(torch::Dtype type, const Body& body) {
  return type == torch::kBFloat16 ? body(c10::BFloat16()) : body(float());
}

class FusedBatchNorm : public Function<FusedBatchNorm> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, const c10::optional<Tensor>& added,
                        torch::nn::BatchNorm2dImpl* norm, Activation activation) {
    const auto residual = added.value_or(Tensor());
    const int64_t channels = x.size(1);
    std::vector<float> mean(channels), inverse(channels), scale(channels), shift(channels);
    const auto y = torch::empty_like(x);
    by_type(x.scalar_type(), [&](auto zero) {
      using T = decltype(zero);
      batch_statistics<T>(*norm, x, mean, inverse);
      fold(weight, bias, mean.data(), inverse.data(), scale, shift);
      transform<T>(x, scale, shift, activation, residual, y);
    });
    const bool relu = activation == Activation::kRelu;
    context->save_for_backward(
        {x, weight, torch::tensor(mean), torch::tensor(inverse), relu ? y : Tensor()});
    context->saved_data["residual"] = residual.defined();
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto dy = gradients[0].to(x.scalar_type()).contiguous(kLayout);
    const auto floats = [](const Tensor& t) {
      return std::vector<float>(t.data_ptr<float>(), t.data_ptr<float>() + t.numel());
    };
    auto result = by_type(x.scalar_type(), [&](auto zero) {
      return backward_of<decltype(zero)>(dy, x, saved[4], saved[1], floats(saved[2]),
                                         floats(saved[3]),
                                         context->saved_data["residual"].toBool());
    });
    result.resize(6);  // the module and the activation have none
    return result;
  }
};

Tensor with_operators(torch::nn::BatchNorm2d& norm, const Tensor& x, Activation activation,
                      const Tensor& residual) {
  auto y = norm->forward(x);
  if (residual.defined()) y = y + residual;
  return activation == Activation::kRelu ? torch::relu(y) : y;
}

Tensor normalise_by_running(torch::nn::BatchNorm2d& norm, const Tensor& x, Activation activation,
                            const Tensor& residual) {
  const int64_t channels = x.size(1);
  std::vector<float> inverse(channels), scale(channels), shift(channels);
  for (int64_t c = 0; c < channels; ++c) {
    inverse[c] = static_cast<float>(
        1 / std::sqrt(norm->running_var.data_ptr<float>()[c] + norm->options.eps()));
  }
  fold(norm->weight, norm->bias, norm->running_mean.data_ptr<float>(), inverse.data(), scale,
       shift);
  const auto y = torch::empty_like(x);
  by_type(x.scalar_type(),
          [&](auto zero) { transform<decltype(zero)>(x, scale, shift, activation, residual, y); });
  return y;
}

}  // namespace

Tensor batch_norm(torch::nn::BatchNorm2d& norm, const Tensor& x, Activation activation,
                  const Tensor& residual) {
  const bool known = x.device().is_cpu() && norm->weight.scalar_type() == torch::kFloat &&
                     (x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16);
  const bool training = norm->is_training();
  if (!known || x.numel() == 0 || (!training && torch::GradMode::is_enabled())) {
    return with_operators(norm, x, activation, residual);
  }
  const auto rows = x.contiguous(kLayout);
  const auto added =
      residual.defined() ? residual.to(x.scalar_type()).contiguous(kLayout) : residual;
  if (!training) return normalise_by_running(norm, rows, activation, added);
  return FusedBatchNorm::apply(rows, norm->weight, norm->bias, c10::optional<Tensor>(added),
                               norm.get(), activation);
}

}  // namespace clipstill::nn
