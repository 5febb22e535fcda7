#include "data/imagefolder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "data/pairs_files.h"
#include "data/pairs_tables.h"

namespace clipstill::data {
namespace {

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

/// Entries in the order of their names: what a folder's own order is differs between machines.
std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!is_hidden(entry.path())) entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool names_split(const fs::path& folder) {
  static constexpr std::string_view kSplits[] = {"train", "training",   "val",  "valid",
                                                 "dev",   "validation", "test", "testing"};
  const auto name = folder.filename().string();
  return std::find(std::begin(kSplits), std::end(kSplits), name) != std::end(kSplits);
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
    for (const auto& entry : sorted_entries(parent)) {
      if (entry.is_directory()) {
        folders.push_back(entry.path());
      } else if (has_image_extension(entry.path())) {
        pairs_.reject(relative(entry.path()), "the image stands in no class folder");
      } else {
        skip(entry.path());
      }
    }
    return folders;
  }

  void add_class(const fs::path& folder, const std::string& split) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && !is_hidden(entry.path())) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    const auto name = folder.filename().string();
    for (const auto& file : files) {
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
