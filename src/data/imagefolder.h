// A folder of images that is a data set by itself, as Hugging Face's `imagefolder` reads it.
#pragma once

#include <filesystem>
#include <memory>

#include "data/pairs.h"

namespace clipstill::data {

/// With metadata.csv or metadata.jsonl (`file_name`, `text`, …): its rows. Without: one sub-folder
/// per class, whose name is the label and the text of the images anywhere below it; classes may
/// themselves stand in sub-folders named after splits (train, val, test). Files that are no images
/// are left out, with a warning.
std::unique_ptr<PairSource> open_imagefolder(const std::filesystem::path& folder,
                                             const PairOptions& options);

/// Whether a file's name says that it is a JPEG, PNG or WebP image.
bool has_image_extension(const std::filesystem::path& path);

}  // namespace clipstill::data
