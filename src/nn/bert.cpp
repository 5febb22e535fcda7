// BERT (Devlin et al. 2019) as the text tower of Chinese-CLIP: post-norm, its [CLS] token carries
// the text's feature; no pooler.
#include "nn/token_embedding.h"
#include "nn/tower_transformer.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

constexpr int64_t kTokenTypes = 2;  // of which a text alone uses the first

class Bert final : public TextTower {
 public:
  explicit Bert(const TextTowerOptions& o)
      : width_(o.width),
        layer_(options(o)),
        embedding_(
            register_module("embedding", TokenEmbedding(o.vocabulary, o.width, o.embedding_width))),
        position_(register_parameter("position", torch::randn({position_rows(o), o.width}) * 0.02)),
        token_type_(register_parameter("token_type", torch::randn({kTokenTypes, o.width}) * 0.02)),
        norm_(register_module("norm", layer_norm(layer_))),
        transformer_(register_module("transformer", Transformer(layer_))) {}

  torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) override {
    const auto x = embedding_->forward(ids) + position_.narrow(0, 0, ids.size(1)) + token_type_[0];
    return transformer_->forward_token(norm_->forward(x), padding_bias(mask, x.options()));
  }
  int64_t feature_width() const override { return width_; }
  int64_t embedding_parameters() const override { return embedding_->parameters(); }
  int64_t flops(int64_t length) const override {
    return length * embedding_->flops() + transformer_->flops(length);
  }
  int64_t activations(int64_t length) const override { return layer_activations(layer_, length); }

 private:
  static TransformerOptions options(const TextTowerOptions& o) {
    auto options = text_transformer(o);
    options.post_norm = true;
    return options;
  }

  int64_t width_;
  TransformerOptions layer_;
  TokenEmbedding embedding_;
  torch::Tensor position_, token_type_;
  torch::nn::LayerNorm norm_;
  Transformer transformer_;
};

}  // namespace

std::shared_ptr<TextTower> make_bert(const TextTowerOptions& options) {
  return std::make_shared<Bert>(options);
}

}  // namespace clipstill::nn
