// WebDataset: tar archives whose neighbouring members of one key are one sample.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "data/pairs.h"

namespace clipstill::data {

/// `archives` in the order of reading. A sample is an image (.jpg, .jpeg, .png, .webp) with its
/// texts in .json (data/record_json.h) or .txt; other members are left out, with a warning. The id
/// is the one in .json, else "<archive>/<key>". Archives are memory-mapped. A key that comes back
/// after another one is kBadData: its parts would belong to two samples.
std::unique_ptr<PairSource> open_webdataset(const std::vector<std::filesystem::path>& archives,
                                            const PairOptions& options);

/// The .tar files of a folder, by name.
std::vector<std::filesystem::path> list_archives(const std::filesystem::path& folder);

}  // namespace clipstill::data
