// The data of a run and its tokenizer.
#pragma once

#include <memory>

#include "data/run_data.h"
#include "text/tokenizer.h"
#include "train/config.h"

namespace clipstill::train {

using data::open_run_data;
using data::RunData;

/// The tokenizer that the config names, or one built from the texts of the training split alone.
std::shared_ptr<const text::Tokenizer> make_tokenizer(const TokenizerOptions& options,
                                                      const data::PairSet& train);

}  // namespace clipstill::train
