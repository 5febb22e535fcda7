#include "data/pairs_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
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

}  // namespace

// Brings `image` into one form per file and finds its path. Returns why it cannot.
std::string FilePairs::resolve(std::string& image, fs::path& path) const {
  if (image.empty()) return "no image";
  if (image.find('\0') != std::string::npos) return "the image path holds a zero byte";
  const fs::path written = image;
  if (std::find(written.begin(), written.end(), "..") != written.end()) {
    return fmt::format("image \"{}\": a path with \"..\" is refused", image);
  }
  if (written.is_absolute() && allowed_ == ImagePaths::kRelative) {
    return fmt::format("image \"{}\": expected a path relative to {}", image, folder_.string());
  }
  image = written.lexically_normal().generic_string();
  path = folder_ / image;  // an absolute path replaces the folder
  return {};
}

void FilePairs::add(PairRecord row) {
  fs::path path;
  if (auto fault = resolve(row.image, path); !fault.empty()) {
    return reject(std::move(row.origin), std::move(fault));
  }
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) {
    return reject(std::move(row.origin),
                  fmt::format("image {}: {}", path.string(), error.message()));
  }
  if (size == 0) {
    return reject(std::move(row.origin), fmt::format("image {}: the file is empty", path.string()));
  }
  if (!collector_.add(std::move(row))) return;
  paths_.push_back(std::move(path));
  sizes_.push_back(size);
}

std::unique_ptr<PairSource> FilePairs::finish() {
  collector_.finish();
  return std::make_unique<FileSource>(collector_, std::move(paths_), std::move(sizes_));
}

}  // namespace clipstill::data
