#include "train/run_data.h"

#include "text/vocabulary.h"

namespace clipstill::train {

std::shared_ptr<const text::Tokenizer> make_tokenizer(const TokenizerOptions& options,
                                                      const data::PairSet& train) {
  if (!options.path.empty()) return text::load_tokenizer(options.path);
  const std::vector<std::string_view> corpus(train.texts().begin(), train.texts().end());
  return text::build_wordpiece(corpus, options.vocabulary, options.min_frequency);
}

}  // namespace clipstill::train
