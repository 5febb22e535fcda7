#include "data/pairs.h"

#include <regex>

#include "core/error.h"
#include "core/files.h"
#include "data/caption_files.h"
#include "data/chinese_clip.h"
#include "data/imagefolder.h"
#include "data/pack.h"
#include "data/pairs_files.h"
#include "data/pairs_packed.h"
#include "data/pairs_tables.h"
#include "data/webdataset.h"

namespace clipstill::data {
namespace {

constexpr const char* kFiles =
    ".csv, .tsv, .jsonl, .json (COCO captions), .token (Flickr30k), .tar";

/// A table that the user wrote beside the images.
template <class Read>
std::unique_ptr<PairSource> open_table(const fs::path& path, const PairOptions& options,
                                       const Read& read) {
  FilePairs pairs({path.parent_path()}, ImagePaths::kRelativeOrAbsolute, path.string(), options);
  read(pairs);
  return pairs.finish();
}

/// A file that came with a data set, whose images are somewhere near.
std::unique_ptr<PairSource> open_captions(const fs::path& path, const PairOptions& options,
                                          void (*read)(const fs::path&, FilePairs&)) {
  FilePairs pairs(image_folders_of(path), ImagePaths::kRelative, path.string(), options);
  read(path, pairs);
  return pairs.finish();
}

std::unique_ptr<PairSource> open_file(const fs::path& path, const PairOptions& options) {
  const auto extension = path.extension();
  if (extension == ".tar") return open_webdataset({path}, options);
  if (extension == ".json") return open_captions(path, options, read_caption_json);
  if (extension == ".token") return open_captions(path, options, read_flickr_tokens);
  if (extension == ".csv" && has_flickr_heading(path)) {
    return open_captions(path, options, read_flickr_csv);
  }
  if (extension == ".csv" || extension == ".tsv") {
    const char delimiter = extension == ".csv" ? ',' : '\t';
    return open_table(path, options,
                      [&](FilePairs& pairs) { read_csv_pairs(path, delimiter, pairs); });
  }
  if (extension == ".jsonl") {
    return open_table(path, options, [&](FilePairs& pairs) { read_jsonl_pairs(path, pairs); });
  }
  fail(ErrorCode::kBadData,
       "{}: expected pairs as {} or a folder, found a file with the extension \"{}\"",
       path.string(), kFiles, extension.string());
}

std::unique_ptr<PairSource> open_folder(const fs::path& folder, const PairOptions& options) {
  if (fs::exists(folder / "index.json")) return open_packed(folder, options);
  if (is_unfinished_pack(folder)) {
    fail(ErrorCode::kBadData, "{}: packing was stopped before its end; pack again",
         folder.string());
  }
  if (const auto archives = list_archives(folder); !archives.empty()) {
    return open_webdataset(archives, options);
  }
  if (is_chinese_clip(folder)) return open_chinese_clip(folder, options);
  return open_imagefolder(folder, options);
}

// A name such as "chinese" would become a language that no template and no other pair has.
void check_default_language(const std::string& language) {
  static const std::regex tag("[a-z]{2,3}(-[A-Za-z0-9]{1,8})*");
  if (language.empty() || std::regex_match(language, tag)) return;
  fail(ErrorCode::kUsage,
       "default_language \"{}\": expected a code of two or three small letters, such as en or zh, "
       "with further parts if wanted, as in zh-Hans",
       language);
}

}  // namespace

std::unique_ptr<PairSource> open_pairs(const std::filesystem::path& path,
                                       const PairOptions& options) {
  check_default_language(options.default_language);
  const auto status = fs::status(path);
  if (!fs::exists(status)) {
    fail(ErrorCode::kMissingFile,
         "{}: no such file or folder; expected image-text pairs ({}, or a folder of images, tar "
         "archives, Chinese-CLIP tables or packed data)",
         path.string(), kFiles);
  }
  try {
    return fs::is_directory(status) ? open_folder(path, options) : open_file(path, options);
  } catch (const fs::filesystem_error& error) {  // a folder that may not be listed
    fail(ErrorCode::kResource, "{}: {}", path.string(), error.what());
  }
}

}  // namespace clipstill::data
