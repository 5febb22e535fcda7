// What a student is before its first step.
#pragma once

#include <string>

#include "data/pair_set.h"
#include "nn/clip_model.h"
#include "text/tokenizer.h"
#include "train/config.h"

namespace clipstill::train {

/// teacher.folder, for model.inherit; kUsage where it is empty.
const std::string& folder_to_inherit(const RunConfig& config);

/// The network of `config`, as train.seed gives it; towers that model.inherit names then start from
/// the teacher (nn/inherit.h), and with both of them the logit scale. kUsage where teacher.folder
/// is empty or the towers do not fit, errors of load_model().
nn::ClipModel initial_network(const RunConfig& config, const data::PairSet& train,
                              const text::Tokenizer& tokenizer);

}  // namespace clipstill::train
