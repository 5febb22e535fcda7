// Text augmentation: lists of keywords, each time with others of them and in another order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::data {

/// Up to `count` variants of a list of keywords ("cat, animal, pet"; also with ，、 or ; between
/// them): each keyword is kept with probability 1/2, at least one is, and those kept are shuffled,
/// so that a lone synonym, a part of the list and another order all come up. A pure function of the
/// list and the variant's number; a variant that came before, or is the list itself, is left out.
std::vector<std::string> tag_views(std::string_view tags, int64_t count);

}  // namespace clipstill::data
