// Packed data (data/pack.h) as a PairSource.
#pragma once

#include <filesystem>
#include <memory>

#include "data/pairs.h"

namespace clipstill::data {

/// `folder` holds index.json. Shards are memory-mapped; every image read is checked against its
/// hash. Not one bad record is expected in our own writing, whatever share `options` allow.
std::unique_ptr<PairSource> open_packed(const std::filesystem::path& folder,
                                        const PairOptions& options = {});

}  // namespace clipstill::data
