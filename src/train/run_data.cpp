#include "train/run_data.h"

#include "text/vocabulary.h"

namespace clipstill::train {

std::shared_ptr<const text::Tokenizer> make_tokenizer(const TokenizerOptions& options,
                                                      const data::PairSet& train) {
  if (!options.path.empty()) return text::load_tokenizer(options.path);
  const auto texts = train.own_texts();  // each keyword counts as often as it was written
  const std::vector<std::string_view> corpus(texts.begin(), texts.end());
  return text::build_wordpiece(corpus, options.vocabulary, options.min_frequency);
}

}  // namespace clipstill::train
