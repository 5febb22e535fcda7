// Pairs whose images are files: what CSV, TSV, JSONL and imagefolder share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/pairs.h"
#include "data/pairs_collector.h"

namespace clipstill::data {

/// Which image paths rows may name. A relative path never leaves the folder: no "..".
enum class ImagePaths {
  kRelative,            // a folder that is a data set by itself and may come from anywhere
  kRelativeOrAbsolute,  // a table that the user wrote; absolute paths are taken as they stand
};

class FilePairs {
 public:
  /// Relative image paths start at `folder`; `name` stands for the source in messages.
  FilePairs(std::filesystem::path folder, ImagePaths allowed, const std::string& name,
            const PairOptions& options)
      : folder_(std::move(folder)), allowed_(allowed), collector_(name, options) {}

  /// `row.image` is the path as written. A missing, empty or forbidden file makes a bad row.
  void add(PairRecord row);
  void reject(std::string origin, std::string reason) {
    collector_.reject(std::move(origin), std::move(reason));
  }

  /// As RecordCollector::finish().
  std::unique_ptr<PairSource> finish();

 private:
  std::string resolve(std::string& image, std::filesystem::path& path) const;

  std::filesystem::path folder_;
  ImagePaths allowed_;
  RecordCollector collector_;
  std::vector<std::filesystem::path> paths_;  // of the collected records
  std::vector<uint64_t> sizes_;
};

}  // namespace clipstill::data
