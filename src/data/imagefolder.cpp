#include "data/imagefolder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "data/pairs_collector.h"
#include "data/pairs_files.h"
#include "data/pairs_tables.h"

namespace clipstill::data {
namespace {

bool names_split(const fs::path& folder) {
  return is_split(canonical_split(folder.filename().string()));
}

class ClassFolders {
 public:
  ClassFolders(fs::path root, const PairOptions& options)
      : root_(std::move(root)), pairs_({root_}, ImagePaths::kRelative, root_.string(), options) {}

  std::unique_ptr<PairSource> read() {
    const auto folders = sorted_folders(root_);
    const bool are_splits =
        std::all_of(folders.begin(), folders.end(), names_split) && !folders.empty();
    for (const auto& folder : folders) {
      if (!are_splits) {
        add_class(folder, "");
        continue;
      }
      for (const auto& one_class : sorted_folders(folder)) {
        add_class(one_class, folder.filename().string());
      }
    }
    if (skipped_ > 0) {
      log_warning("{}: left out {} files that are not named like images, such as {}",
                  root_.string(), skipped_, example_.string());
    }
    return pairs_.finish();
  }

 private:
  // Sub-folders; images beside them belong to no class.
  std::vector<fs::path> sorted_folders(const fs::path& parent) {
    std::vector<fs::path> folders;
    for (const auto& entry : list_folder(parent)) {
      if (fs::is_directory(entry)) {
        folders.push_back(entry);
      } else if (has_image_extension(entry)) {
        pairs_.reject(relative(entry), "the image stands in no class folder");
      } else {
        skip(entry);
      }
    }
    return folders;
  }

  void add_class(const fs::path& folder, const std::string& split) {
    const auto name = folder.filename().string();
    for (const auto& file : list_files(folder)) {
      if (!has_image_extension(file)) {
        skip(file);
        continue;
      }
      PairRecord record;
      record.image = relative(file);
      record.origin = record.image;
      record.texts.push_back({name, {}, "label"});
      record.label = name;
      record.split = split;
      pairs_.add(std::move(record));
    }
  }

  void skip(const fs::path& file) {
    if (skipped_++ == 0) example_ = file;
  }

  std::string relative(const fs::path& file) const {
    return file.lexically_relative(root_).generic_string();
  }

  fs::path root_;
  FilePairs pairs_;
  size_t skipped_ = 0;
  fs::path example_;
};

}  // namespace

bool has_image_extension(const fs::path& path) {
  auto extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png" || extension == ".webp";
}

std::unique_ptr<PairSource> open_imagefolder(const std::filesystem::path& folder,
                                             const PairOptions& options) {
  const auto csv = folder / "metadata.csv";
  const auto jsonl = folder / "metadata.jsonl";
  const bool has_csv = fs::exists(csv), has_jsonl = fs::exists(jsonl);
  if (has_csv && has_jsonl) {
    fail(ErrorCode::kBadData, "{}: expected metadata.csv or metadata.jsonl, found both; keep one",
         folder.string());
  }
  if (!has_csv && !has_jsonl) return ClassFolders(folder, options).read();
  const auto& table = has_csv ? csv : jsonl;
  FilePairs pairs({folder}, ImagePaths::kRelative, table.string(), options);
  if (has_csv) {
    read_csv_pairs(csv, ',', pairs);
  } else {
    read_jsonl_pairs(jsonl, pairs);
  }
  return pairs.finish();
}

}  // namespace clipstill::data
