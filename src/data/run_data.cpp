#include "data/run_data.h"

#include "core/error.h"
#include "core/log.h"

namespace clipstill::data {

void declare_options(OptionSet& set, DataOptions& o) {
  set.add("data.path", o.path, "image-text pairs: a file or a folder");
  set.add("data.languages", o.languages, "languages of the texts to use; empty = all");
  set.add("data.templates", o.templates,
          "sentences around a pair's first text, with their language: \"en:a photo of {}\"");
  set.add("data.apply_orientation", o.apply_orientation,
          "turn images upright as their Exif says (photos from phones)");
  declare_options(set, "data", o.split);
}

RunData open_run_data(const DataOptions& options) {
  if (options.path.empty()) {
    fail(ErrorCode::kUsage, "data.path is empty; name the image-text pairs to use");
  }
  const std::shared_ptr<const PairSource> source = open_pairs(options.path);
  const auto splits = split_records(*source, options.split);
  const auto set = [&](const std::vector<size_t>& records) {
    return PairSet(source, records, options.languages, options.templates,
                   options.apply_orientation);
  };
  RunData data{set(splits.train), set(splits.validation), set(splits.test)};
  log_info("{}: {} pairs train, {} validate, {} test", options.path, data.train.size(),
           data.validation.size(), data.test.size());
  return data;
}

}  // namespace clipstill::data
