#include "data/pairs.h"

#include "core/error.h"
#include "core/files.h"
#include "data/imagefolder.h"
#include "data/pairs_files.h"
#include "data/pairs_packed.h"
#include "data/pairs_tables.h"
#include "data/webdataset.h"

namespace clipstill::data {
namespace {

std::unique_ptr<PairSource> open_file(const fs::path& path, const PairOptions& options) {
  const auto extension = path.extension();
  if (extension == ".tar") return open_webdataset({path}, options);
  FilePairs pairs(path.parent_path(), ImagePaths::kRelativeOrAbsolute, path.string(), options);
  if (extension == ".csv") {
    read_csv_pairs(path, ',', pairs);
  } else if (extension == ".tsv") {
    read_csv_pairs(path, '\t', pairs);
  } else if (extension == ".jsonl") {
    read_jsonl_pairs(path, pairs);
  } else {
    fail(ErrorCode::kBadData,
         "{}: expected pairs as .csv, .tsv, .jsonl, .tar or a folder, found a file with the "
         "extension \"{}\"",
         path.string(), extension.string());
  }
  return pairs.finish();
}

std::unique_ptr<PairSource> open_folder(const fs::path& folder, const PairOptions& options) {
  if (fs::exists(folder / "index.json")) return open_packed(folder);
  if (const auto archives = list_archives(folder); !archives.empty()) {
    return open_webdataset(archives, options);
  }
  return open_imagefolder(folder, options);
}

}  // namespace

std::unique_ptr<PairSource> open_pairs(const std::filesystem::path& path,
                                       const PairOptions& options) {
  const auto status = fs::status(path);
  if (!fs::exists(status)) {
    fail(ErrorCode::kMissingFile,
         "{}: no such file or folder; expected image-text pairs (.csv, .tsv, .jsonl, .tar, or a "
         "folder of images, tar archives or packed data)",
         path.string());
  }
  try {
    return fs::is_directory(status) ? open_folder(path, options) : open_file(path, options);
  } catch (const fs::filesystem_error& error) {  // a folder that may not be listed
    fail(ErrorCode::kResource, "{}: {}", path.string(), error.what());
  }
}

}  // namespace clipstill::data
