// The data of a run: the source, its splits, and the tokenizer.
#pragma once

#include <memory>

#include "data/pair_set.h"
#include "text/tokenizer.h"
#include "train/config.h"

namespace clipstill::train {

struct RunData {
  data::PairSet train, validation, test;
};

RunData open_run_data(const DataOptions& options);

/// The tokenizer that the config names, or one built from the texts of the training split alone.
std::shared_ptr<const text::Tokenizer> make_tokenizer(const TokenizerOptions& options,
                                                      const data::PairSet& train);

}  // namespace clipstill::train
