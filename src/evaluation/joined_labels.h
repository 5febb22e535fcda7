// Which images and texts of a test belong together.
#pragma once

#include <cstdint>
#include <vector>

#include "data/pair_set.h"

namespace clipstill::evaluation {

/// Of each sample its label, where labels with the same first text in the language (an index of
/// PairSet::languages()) count as one: who sees the text alone cannot tell them apart. Pairs
/// without labels have one each, so that images with the same caption are joined by this.
std::vector<int64_t> joined_labels(const data::PairSet& set, size_t language);

}  // namespace clipstill::evaluation
