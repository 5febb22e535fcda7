#include "train/run_data.h"

#include "core/error.h"
#include "core/log.h"
#include "data/pairs.h"
#include "text/vocabulary.h"

namespace clipstill::train {

RunData open_run_data(const DataOptions& options) {
  if (options.path.empty()) {
    fail(ErrorCode::kUsage, "data.path is empty; name the image-text pairs to train on");
  }
  const std::shared_ptr<const data::PairSource> source = data::open_pairs(options.path);
  const auto splits = data::split_records(*source, options.split);
  const auto set = [&](const std::vector<size_t>& records) {
    return data::PairSet(source, records, options.languages, options.templates);
  };
  RunData data{set(splits.train), set(splits.validation), set(splits.test)};
  log_info("{}: {} pairs train, {} validate, {} test", options.path, data.train.size(),
           data.validation.size(), data.test.size());
  return data;
}

std::shared_ptr<const text::Tokenizer> make_tokenizer(const TokenizerOptions& options,
                                                      const data::PairSet& train) {
  if (!options.path.empty()) return text::load_tokenizer(options.path);
  const std::vector<std::string_view> corpus(train.texts().begin(), train.texts().end());
  return text::build_wordpiece(corpus, options.vocabulary, options.min_frequency);
}

}  // namespace clipstill::train
