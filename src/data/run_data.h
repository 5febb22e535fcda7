// The data of a run, or of an evaluation: the source and its splits.
#pragma once

#include <string>

#include "core/options.h"
#include "data/pair_set.h"
#include "data/split.h"

namespace clipstill::data {

struct DataOptions {
  std::string path;                // anything that open_pairs() opens
  std::string default_language;    // of texts whose source names none; as in PairOptions
  StringList languages;            // texts to use; empty = all
  StringList templates;            // "en:a photo of {}": further texts for training and zero-shot
  int64_t tag_views = 0;           // variants of each list of keywords, for training
  bool apply_orientation = false;  // turn images upright as their Exif says
  SplitOptions split;
};

/// The keys "data.path", "data.holdout", …
void declare_options(OptionSet& set, DataOptions& options);

struct RunData {
  PairSet train, validation, test;

  /// By the split's name: "train", "val" or "test".
  const PairSet& split(const std::string& name) const {
    return name == "train" ? train : name == "val" ? validation : test;
  }
};

/// Training pairs without a text in the chosen languages are left out, with a warning that counts
/// them. kUsage without a path, or for a language that no text has; else what open_pairs() and
/// split_records() refuse.
RunData open_run_data(const DataOptions& options);

}  // namespace clipstill::data
