// Which pairs of a batch are right for each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/pair_set.h"

namespace clipstill::data {

/// [B, B], image by text: 1 where text j, the text `texts[j]` of sample `samples[j]`, is one of
/// those of sample i's record, or both samples have one label. An image that has a text is right
/// for it whoever brought the text, but the image that brought it is not right for the other texts
/// of the first: where texts and images belong together many to many (MUGE), the matrix is neither
/// symmetric nor made of groups.
std::vector<uint8_t> matches(const PairSet& set, std::span<const int64_t> samples,
                             std::span<const int64_t> texts);

}  // namespace clipstill::data
