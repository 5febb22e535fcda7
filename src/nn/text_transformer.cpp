// Bidirectional text transformer; the first token ([CLS]) carries the text's feature.
#include "nn/token_embedding.h"
#include "nn/towers.h"
#include "nn/transformer.h"

namespace clipstill::nn {
namespace {

class TextTransformer final : public TextTower {
 public:
  explicit TextTransformer(const TextTowerOptions& o)
      : width_(o.width),
        embedding_(
            register_module("embedding", TokenEmbedding(o.vocabulary, o.width, o.embedding_width))),
        position_(register_parameter("position", torch::randn({o.context, o.width}) * 0.01)),
        transformer_(register_module(
            "transformer",
            Transformer(TransformerOptions{
                o.width, o.layers, head_count(o.width, o.head_width, "text tower transformer")}))) {
  }

  torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) override {
    const auto x = embedding_->forward(ids) + position_.narrow(0, 0, ids.size(1));  // [B, L, W]
    return transformer_->forward(x, mask).select(1, 0);
  }
  int64_t feature_width() const override { return width_; }
  int64_t embedding_parameters() const override { return embedding_->parameters(); }
  int64_t flops(int64_t length) const override {
    return length * embedding_->flops() + transformer_->flops(length);
  }

 private:
  int64_t width_;
  TokenEmbedding embedding_;
  torch::Tensor position_;
  Transformer transformer_;
};

}  // namespace

std::shared_ptr<TextTower> make_text_transformer(const TextTowerOptions& options) {
  return std::make_shared<TextTransformer>(options);
}

}  // namespace clipstill::nn
