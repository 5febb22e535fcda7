// Bidirectional LSTM text tower: the mean of the outputs over the text's tokens.
#include "nn/token_embedding.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

class TextLstm final : public TextTower {
 public:
  explicit TextLstm(const TextTowerOptions& o)
      : options_(o),
        embedding_(
            register_module("embedding", TokenEmbedding(o.vocabulary, o.width, o.embedding_width))),
        lstm_(register_module("lstm", torch::nn::LSTM(torch::nn::LSTMOptions(o.width, o.width)
                                                          .num_layers(o.layers)
                                                          .batch_first(true)
                                                          .bidirectional(true)))) {}

  torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) override {
    // Packed sequences keep padding out of the backward direction.
    const auto lengths = mask.sum(1).to(torch::kCPU, torch::kLong);
    const auto packed = torch::nn::utils::rnn::pack_padded_sequence(
        embedding_->forward(ids), lengths, /*batch_first=*/true, /*enforce_sorted=*/false);
    const auto output = std::get<0>(lstm_->forward_with_packed_input(packed));
    const auto states = std::get<0>(torch::nn::utils::rnn::pad_packed_sequence(
        output, /*batch_first=*/true, /*padding_value=*/0.0, ids.size(1)));  // [B, L, 2W]
    return states.sum(1) / lengths.to(states.options()).unsqueeze(1);
  }
  int64_t feature_width() const override { return 2 * options_.width; }
  int64_t embedding_parameters() const override { return embedding_->parameters(); }
  int64_t flops(int64_t length) const override {
    const int64_t w = options_.width;
    const int64_t first = 2 * 4 * (w + w) * w, later = 2 * 4 * (2 * w + w) * w;
    return length * embedding_->flops() + 2 * length * (first + (options_.layers - 1) * later);
  }
  // Embeddings, gates and states of two directions, packed and padded.
  int64_t activations(int64_t length) const override { return length * 20 * options_.width; }

 private:
  TextTowerOptions options_;
  TokenEmbedding embedding_;
  torch::nn::LSTM lstm_;
};

}  // namespace

std::shared_ptr<TextTower> make_text_lstm(const TextTowerOptions& options) {
  return std::make_shared<TextLstm>(options);
}

}  // namespace clipstill::nn
