// The towers of the method this project started from, kept as the honest baseline
// (configs/seed.toml): Conv2d(3, 64, 3, padding 1) -> ReLU -> AdaptiveAvgPool2d(7), and
// LSTM(768 -> 256) over a 768-wide token embedding. The original left out the projections to the
// joint space; ClipModel adds them. Sizes are the original's: no option changes them.
#include "nn/token_embedding.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

class SeedConv final : public ImageTower {
 public:
  explicit SeedConv(const ImageTowerOptions& options)
      : size_(options.size),
        conv_(register_module("conv",
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 64, 3).padding(1)))) {}

  torch::Tensor forward(torch::Tensor images) override {
    return torch::adaptive_avg_pool2d(torch::relu(conv_->forward(images)), {7, 7})
        .flatten(1);  // [B, 64 x 7 x 7]
  }
  int64_t feature_width() const override { return 64 * 7 * 7; }
  int64_t flops() const override { return 2 * 9 * 3 * 64 * size_ * size_; }
  int64_t activations() const override { return 2 * 64 * size_ * size_; }

 private:
  int64_t size_;
  torch::nn::Conv2d conv_;
};

class SeedLstm final : public TextTower {
 public:
  explicit SeedLstm(const TextTowerOptions& options)
      : embedding_(register_module("embedding", TokenEmbedding(options.vocabulary, 768, 0))),
        lstm_(register_module(
            "lstm", torch::nn::LSTM(torch::nn::LSTMOptions(768, 256).batch_first(true)))) {}

  torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) override {
    const auto states = std::get<0>(lstm_->forward(embedding_->forward(ids)));  // [B, L, 256]
    const auto last = (mask.sum(1) - 1).to(torch::kLong).view({-1, 1, 1});
    return states.gather(1, last.expand({-1, 1, 256})).squeeze(1);
  }
  int64_t feature_width() const override { return 256; }
  int64_t embedding_parameters() const override { return embedding_->parameters(); }
  int64_t flops(int64_t length) const override { return 2 * length * 4 * (768 + 256) * 256; }
  // Embeddings, gates and states.
  int64_t activations(int64_t length) const override { return length * (768 + 8 * 256); }

 private:
  TokenEmbedding embedding_;
  torch::nn::LSTM lstm_;
};

}  // namespace

std::shared_ptr<ImageTower> make_seed_conv(const ImageTowerOptions& options) {
  return std::make_shared<SeedConv>(options);
}

std::shared_ptr<TextTower> make_seed_lstm(const TextTowerOptions& options) {
  return std::make_shared<SeedLstm>(options);
}

}  // namespace clipstill::nn
