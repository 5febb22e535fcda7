// Text transformers with learned positions. They differ in which tokens see each other, and in the
// token that carries the text's feature:
//   transformer  all see all, the first ([CLS]): a student
//   clip_text    only what came before, the first end token (Radford et al. 2021)
//   siglip_text  all see all, padding too, the last place of the context (Zhai et al. 2023)
#include "nn/token_embedding.h"
#include "nn/tower_transformer.h"
#include "nn/towers.h"

namespace clipstill::nn {
namespace {

class TextTransformer : public TextTower {
 public:
  explicit TextTransformer(const TextTowerOptions& o)
      : width_(o.width),
        layer_(text_transformer(o)),
        embedding_(
            register_module("embedding", TokenEmbedding(o.vocabulary, o.width, o.embedding_width))),
        position_(register_parameter("position", torch::randn({position_rows(o), o.width}) * 0.01)),
        transformer_(register_module("transformer", Transformer(layer_))) {}

  torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) override {
    const auto x = embedded(ids);
    return transformer_->forward_token(x, padding_bias(mask, x.options()));
  }
  int64_t feature_width() const override { return width_; }
  int64_t embedding_parameters() const override { return embedding_->parameters(); }
  int64_t flops(int64_t length) const override {
    return length * embedding_->flops() + transformer_->flops(length);
  }
  int64_t activations(int64_t length) const override { return layer_activations(layer_, length); }

 protected:
  torch::Tensor embedded(const torch::Tensor& ids) {  // [B, L] -> [B, L, W]
    return embedding_->forward(ids) + position_.narrow(0, 0, ids.size(1));
  }

  int64_t width_;
  TransformerOptions layer_;
  TokenEmbedding embedding_;
  torch::Tensor position_;
  Transformer transformer_;
};

class ClipText final : public TextTransformer {
 public:
  explicit ClipText(const TextTowerOptions& o) : TextTransformer(o), end_id_(o.end_id) {}

  torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) override {
    const auto x = embedded(ids);
    // The end token may stand within the text, and padding may be written with it. A row without
    // one, which no tokenizer makes, ends with its last token.
    const auto is_end = (ids == end_id_).logical_and(mask);
    const auto last = mask.sum(1) - 1;
    const auto end = torch::where(is_end.any(1), is_end.to(torch::kByte).argmax(1), last);
    return transformer_->forward_token(x, causal_bias(ids.size(1), x.options()), end);
  }

 private:
  int64_t end_id_;
};

class SiglipText final : public TextTransformer {
 public:
  explicit SiglipText(const TextTowerOptions& o)
      : TextTransformer(o), context_(o.context), padding_id_(o.padding_id) {}

  torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) override {
    ids = torch::constant_pad_nd(ids.masked_fill(mask.logical_not(), padding_id_),
                                 {0, context_ - ids.size(1)}, padding_id_);
    const auto last = torch::full({ids.size(0)}, context_ - 1, ids.options());
    return transformer_->forward_token(embedded(ids), /*bias=*/{}, last);
  }
  int64_t flops(int64_t) const override { return TextTransformer::flops(context_); }
  int64_t activations(int64_t) const override { return TextTransformer::activations(context_); }

 private:
  int64_t context_, padding_id_;
};

}  // namespace

std::shared_ptr<TextTower> make_text_transformer(const TextTowerOptions& options) {
  return std::make_shared<TextTransformer>(options);
}

std::shared_ptr<TextTower> make_clip_text(const TextTowerOptions& options) {
  return std::make_shared<ClipText>(options);
}

std::shared_ptr<TextTower> make_siglip_text(const TextTowerOptions& options) {
  return std::make_shared<SiglipText>(options);
}

}  // namespace clipstill::nn
