// Pairs whose images are files: what tables, imagefolder and caption files share.
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
  /// Relative image paths start at one of `folders`: the first that holds an image of the rows.
  /// `name` stands for the source in messages.
  FilePairs(std::vector<std::filesystem::path> folders, ImagePaths allowed, const std::string& name,
            const PairOptions& options)
      : folders_(std::move(folders)), allowed_(allowed), name_(name), collector_(name, options) {}

  /// `row.image` is the path as written. A missing, empty or forbidden file makes a bad row.
  void add(PairRecord row);
  void reject(std::string origin, std::string reason) {
    collector_.reject(std::move(origin), std::move(reason));
  }

  /// As RecordCollector::finish(). kMissingFile if none of several folders holds an image.
  std::unique_ptr<PairSource> finish();

 private:
  std::string normalise(std::string& image) const;
  void settle(const std::string& image);

  std::vector<std::filesystem::path> folders_;  // one, once the images are found
  std::string missing_;                         // the first image that is in none of several
  ImagePaths allowed_;
  std::string name_;
  RecordCollector collector_;
  std::vector<std::filesystem::path> paths_;  // of the collected records
  std::vector<uint64_t> sizes_;
};

}  // namespace clipstill::data
