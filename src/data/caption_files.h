// The files of captions that come with COCO and Flickr30k. Their images lie in a folder that the
// file does not name.
#pragma once

#include <filesystem>
#include <vector>

#include "data/pairs_files.h"

namespace clipstill::data {

/// Where the images may be: the folder of the file, the one above it, and in both of them images,
/// flickr30k-images, flickr30k_images, and the last word of the file's name (val2017 for
/// captions_val2017.json), which may stand in images too.
std::vector<std::filesystem::path> image_folders_of(const std::filesystem::path& file);

/// COCO captions, {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}, or
/// Karpathy's splits, {"images": [{"filename", "filepath", "split", "sentences": [{"raw"}],
/// "cocoid" or "imgid"}]}. A caption is a row. Images without captions are left out, with a
/// warning. kBadData if it is neither.
void read_caption_json(const std::filesystem::path& path, FilePairs& pairs);

/// Flickr30k's token file, a line a caption: IMAGE#NUMBER, a tab, the caption.
void read_flickr_tokens(const std::filesystem::path& path, FilePairs& pairs);

/// Flickr30k's results.csv, a row a caption: image_name| comment_number| comment. Quotes are
/// ordinary characters.
void read_flickr_csv(const std::filesystem::path& path, FilePairs& pairs);

/// Whether the first line of a file is the heading of Flickr30k's results.csv.
bool has_flickr_heading(const std::filesystem::path& path);

}  // namespace clipstill::data
