// The data card of the emoji data set.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/emoji.h"
#include "data/emoji_packages.h"

namespace clipstill::data {

/// Markdown: what was built, from which packages under which licences, and how many of the
/// concepts each style draws and each language describes. `drawn` counts by style name.
std::string emoji_card(const EmojiOptions& options, const std::vector<EmojiStyle>& styles,
                       const std::vector<EmojiConcept>& concepts,
                       const std::map<std::string, size_t>& drawn);

}  // namespace clipstill::data
