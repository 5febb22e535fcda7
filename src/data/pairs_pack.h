// Any source of pairs into packed data.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "data/pairs.h"

namespace clipstill::data {

struct PackSummary {
  size_t packed = 0;
  std::vector<BadRow> unreadable;  // left out
};

/// Writes the source to `folder` (data/pack.h) after decoding every image whole. Unreadable images
/// are left out, up to `options.max_bad_share` of the records; above it kBadData naming the first
/// ones, and the folder is left as it was.
PackSummary pack_pairs(const PairSource& source, const std::filesystem::path& folder,
                       const PairOptions& options);

}  // namespace clipstill::data
