// Text towers: ids [B, L] and mask [B, L] -> features [B, feature_width()].
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>

#include "core/options.h"

namespace clipstill::nn {

struct TextTowerOptions {
  std::string arch = "transformer";  // a name of text_tower_names()
  int64_t vocabulary = 0;            // this and the two ids are set from the tokenizer
  int64_t end_id = 0, padding_id = 0;
  int64_t context = 32;  // tokens, special ones included
  int64_t width = 128;
  int64_t layers = 2;
  int64_t head_width = 32;
  int64_t embedding_width = 0;  // factorised embedding: table width; 0 = width, no factor
  int64_t positions = 0;        // rows of the position table; 0 = context
  int64_t mlp_width = 0;        // 0 = 4 x width
  std::string activation = "gelu";
  double norm_epsilon = 1e-5;
};

class TextTower : public torch::nn::Module {
 public:
  /// ids [B, L] int64, mask [B, L] bool (true = token) -> [B, W]; L <= context. What padding
  /// holds never changes the result.
  virtual torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) = 0;
  virtual int64_t feature_width() const = 0;
  /// Parameters of the token-embedding table (counted apart: it is what breaks a small budget).
  virtual int64_t embedding_parameters() const = 0;
  /// Multiply-adds x 2 of one text of `length` tokens, matrix products only.
  virtual int64_t flops(int64_t length) const = 0;
  /// About how many floats are held at once for each text of `length` tokens, without gradients;
  /// rather too many.
  virtual int64_t activations(int64_t length) const = 0;
};

void declare_options(OptionSet& set, const std::string& prefix, TextTowerOptions& options);
StringList text_tower_names();
std::shared_ptr<TextTower> make_text_tower(const TextTowerOptions& options);

}  // namespace clipstill::nn
