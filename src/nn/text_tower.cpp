#include "nn/text_tower.h"

#include "nn/registry.h"
#include "nn/towers.h"
#include "nn/transformer.h"

namespace clipstill::nn {
namespace {

// A new text tower: one file with its factory, one line here.
const Registry<TextTower, TextTowerOptions> kTextTowers{"text tower",
                                                        {
                                                            {"transformer", make_text_transformer},
                                                            {"clip_text", make_clip_text},
                                                            {"siglip_text", make_siglip_text},
                                                            {"bert", make_bert},
                                                            {"lstm", make_text_lstm},
                                                            {"seed_lstm", make_seed_lstm},
                                                        }};

}  // namespace

void declare_options(OptionSet& set, const std::string& prefix, TextTowerOptions& options) {
  set.add(prefix + ".arch", options.arch, "text tower").choices(text_tower_names());
  set.add(prefix + ".context", options.context, "tokens per text, special ones included")
      .range(3, 4096);
  set.add(prefix + ".width", options.width, "width of the tower").range(1, 4096);
  set.add(prefix + ".layers", options.layers, "layers").range(1, 64);
  set.add(prefix + ".head_width", options.head_width, "attention head width").range(1, 256);
  set.add(prefix + ".embedding_width", options.embedding_width,
          "width of the token-embedding table, projected to `width` by a matrix; 0 = no factor")
      .range(0, 4096);
  set.add(prefix + ".positions", options.positions, "rows of the position table; 0 = context")
      .range(0, 4096);
  set.add(prefix + ".mlp_width", options.mlp_width,
          "feed-forward width of a transformer; 0 = 4 x width")
      .range(0, 32768);
  set.add(prefix + ".activation", options.activation, "activation of a transformer")
      .choices(gelu_names());
  set.add(prefix + ".norm_epsilon", options.norm_epsilon, "layer-norm epsilon of a transformer")
      .range(1e-16, 1e-2);
}

StringList text_tower_names() {
  return kTextTowers.names();
}

std::shared_ptr<TextTower> make_text_tower(const TextTowerOptions& options) {
  if (options.vocabulary < 1) {
    fail(ErrorCode::kInternal, "the text tower was built before its vocabulary size was known");
  }
  return kTextTowers.make(options.arch, options);
}

}  // namespace clipstill::nn
