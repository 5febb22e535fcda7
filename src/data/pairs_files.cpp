#include "data/pairs_files.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "image/codec.h"

namespace clipstill::data {
namespace {

class FileSource final : public PairSource {
 public:
  FileSource(RecordCollector& collector, std::vector<fs::path> paths, std::vector<uint64_t> sizes)
      : paths_(std::move(paths)), sizes_(std::move(sizes)) {
    records_ = collector.take_records();
    bad_rows_ = collector.take_bad_rows();
    fingerprint_ = fingerprint_records(
        records_, [&](size_t i) { return fmt::format("{} {}", sizes_[i], records_[i].image); });
  }

  std::vector<uint8_t> read_image(size_t index) const override {
    const std::string content = read_file(paths_[index], image::DecodeLimits().max_bytes);
    if (content.size() != sizes_[index]) {
      fail(ErrorCode::kBadData, "{}: {} bytes, but {} when the data was opened; run again",
           paths_[index].string(), content.size(), sizes_[index]);
    }
    return {content.begin(), content.end()};
  }

  std::string fingerprint() const override { return fingerprint_; }

 private:
  std::vector<fs::path> paths_;
  std::vector<uint64_t> sizes_;
  std::string fingerprint_;
};

// What an image path that leads to no file looks like it was meant as.
const char* hint_for(std::string_view image) {
  if (image.starts_with("http:") || image.starts_with("https:")) {
    return "; images are read from files: download them first";
  }
  return image.find('\\') == std::string_view::npos ? "" : "; write folders with / instead of \\";
}

}  // namespace

// Brings `image` into one form per file. Returns why it cannot.
std::string FilePairs::normalise(std::string& image) const {
  if (image.empty()) return "no image";
  if (image.find('\0') != std::string::npos) return "the image path holds a zero byte";
  const fs::path written = image;
  if (std::find(written.begin(), written.end(), "..") != written.end()) {
    return fmt::format(
        "image \"{}\": a path with \"..\" is refused; expected one relative to {} that stays in it",
        image, folders_.front().string());
  }
  if (written.is_absolute() && allowed_ == ImagePaths::kRelative) {
    return fmt::format("image \"{}\": expected a path relative to {}", image,
                       folders_.front().string());
  }
  image = written.lexically_normal().generic_string();
  return {};
}

// Keeps the first folder that holds the image; all of them if none does.
void FilePairs::settle(const std::string& image) {
  std::error_code error;
  for (const auto& folder : folders_) {
    if (!fs::is_regular_file(folder / image, error)) continue;
    log_info("{}: its images are in {}", name_, folder.string());
    folders_ = {folder};
    return;
  }
  if (missing_.empty()) missing_ = image;
}

void FilePairs::add(PairRecord row) {
  if (auto fault = normalise(row.image); !fault.empty()) {
    return reject(std::move(row.origin), std::move(fault));
  }
  if (folders_.size() > 1) settle(row.image);
  const auto path = folders_.front() / row.image;  // an absolute path replaces the folder
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) {
    return reject(std::move(row.origin), fmt::format("image {}: {}{}", path.string(),
                                                     error.message(), hint_for(row.image)));
  }
  if (size == 0) {
    return reject(std::move(row.origin), fmt::format("image {}: the file is empty", path.string()));
  }
  if (!collector_.add(std::move(row))) return;
  paths_.push_back(path);
  sizes_.push_back(size);
}

std::unique_ptr<PairSource> FilePairs::finish() {
  if (folders_.size() > 1 && !missing_.empty()) {
    std::vector<std::string> names;
    for (const auto& folder : folders_) names.push_back(folder.string());
    fail(ErrorCode::kMissingFile,
         "{}: found none of its images; looked for {} in {}; put the images into one of these "
         "folders, or a link to them",
         name_, missing_, fmt::join(names, ", "));
  }
  collector_.finish();
  return std::make_unique<FileSource>(collector_, std::move(paths_), std::move(sizes_));
}

}  // namespace clipstill::data
