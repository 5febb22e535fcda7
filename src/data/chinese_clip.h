// The layout of Chinese-CLIP's data sets (MUGE, Flickr30k-CN): tables of base64 images, and texts
// that name them.
#pragma once

#include <filesystem>
#include <memory>

#include "data/pairs.h"

namespace clipstill::data {

/// Whether `folder` holds a SPLIT_imgs.tsv or a SPLIT_texts.jsonl.
bool is_chinese_clip(const std::filesystem::path& folder);

/// For each split SPLIT_imgs.tsv, lines of an image id, a tab and the image file in base64
/// (standard or URL-safe), and SPLIT_texts.jsonl, lines {"text_id", "text", "image_ids": [ID, …]}.
/// Every image with a text is a record, "SPLIT/ID"; a text is a text of each of its images, in
/// Chinese unless the line has a "lang" or the options a default language. Images without texts and
/// texts without images are left out, with a warning. The tables are memory-mapped and decoded
/// image by image. kMissingFile if one of the two files of a split is not there.
std::unique_ptr<PairSource> open_chinese_clip(const std::filesystem::path& folder,
                                              const PairOptions& options);

}  // namespace clipstill::data
