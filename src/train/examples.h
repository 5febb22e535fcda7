// Nearest neighbours of a model on a few test pairs, with thumbnails, for the report.
#pragma once

#include <string>
#include <vector>

#include "data/pair_set.h"
#include "report/report.h"
#include "train/model_folder.h"

namespace clipstill::train {

/// `count` queries spread evenly over the set, alternating between text -> images and
/// image -> texts and over the languages; five neighbours each.
std::vector<report::Example> nearest_examples(Model& model, const std::string& name,
                                              const data::PairSet& set, int64_t count);

}  // namespace clipstill::train
