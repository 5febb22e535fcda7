#include "data/pairs_packed.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/json_count.h"
#include "core/shallow_json.h"
#include "data/json_lists.h"
#include "data/pairs_collector.h"
#include "data/record_json.h"

namespace clipstill::data {
namespace {

struct PackedImage {
  uint64_t shard = 0, offset = 0, size = 0;
  std::string hash;
};

class PackedSource final : public PairSource {
 public:
  PackedSource(const fs::path& folder, const PairOptions& options) {
    const auto path = folder / "index.json";
    try {
      read_index(folder, path, options);
    } catch (const nlohmann::json::exception& error) {
      fail(ErrorCode::kBadData, "{}: not an index of packed data: {}", path.string(), error.what());
    }
  }

  std::vector<uint8_t> read_image(size_t index) const override {
    const auto& location = locations_[index];
    const auto bytes = shards_[location.shard].bytes().subspan(location.offset, location.size);
    if (hash_hex(bytes) != location.hash) {
      fail(ErrorCode::kBadData, "{}: image of {} is damaged (its hash differs from index.json)",
           shards_[location.shard].path().string(), records_[index].id);
    }
    return {bytes.begin(), bytes.end()};
  }

  std::string fingerprint() const override { return fingerprint_; }

 private:
  void read_index(const fs::path& folder, const fs::path& path, PairOptions options) {
    const MappedFile file(path);
    options.max_bad_share = 0;
    RecordCollector collector(path.string(), options);
    std::string format, version;
    read_json_lists(
        file.text(), path.string(),
        [&](std::string_view list, size_t index, std::string_view entry) {
          if (list == "records" && index == 0) check_version(path, format, version);
          const auto origin = fmt::format("index.json: {}[{}]", list, index);
          if (list == "shards") open_shard(folder, path, parse_shallow_json(entry, origin), origin);
          if (list == "records") add_record(parse_shallow_json(entry, origin), origin, collector);
        },
        [&](std::string_view key, std::string_view value) {
          if (key == "format") format = value;
          if (key == "version") version = value;
        });
    check_version(path, format, version);
    collector.finish();
    records_ = collector.take_records();
    for (size_t i = 0; i < locations_.size(); ++i) check_location(path, i);
    fingerprint_ = fingerprint_records(records_, [&](size_t i) {
      return fmt::format("{} {}", locations_[i].size, locations_[i].hash);
    });
  }

  // As JSON; the writer puts them first.
  static void check_version(const fs::path& path, const std::string& format,
                            const std::string& version) {
    if (format == "\"clipstill-pack\"" && version == "1") return;
    fail(ErrorCode::kBadData, "{}: expected format \"clipstill-pack\", version 1, found {}, {}",
         path.string(), format.empty() ? "none" : format, version.empty() ? "none" : version);
  }

  void open_shard(const fs::path& folder, const fs::path& path, const nlohmann::json& entry,
                  const std::string& origin) {
    const auto name = entry.at("name").get<std::string>();
    if (name.find('/') != std::string::npos) {
      fail(ErrorCode::kBadData, "{}: shard name \"{}\" leaves the folder", path.string(), name);
    }
    const auto& shard = shards_.emplace_back(folder / name);
    const auto size = json_count(entry, "bytes", origin);
    if (shard.bytes().size() != static_cast<uint64_t>(size)) {
      fail(ErrorCode::kBadData, "{}: {} bytes, index.json says {} (cut short? pack again)",
           shard.path().string(), shard.bytes().size(), size);
    }
  }

  void add_record(const nlohmann::json& entry, const std::string& origin,
                  RecordCollector& collector) {
    auto record = record_from_json(entry, origin);
    record.image = entry.at("image").get<std::string>();
    const auto count = [&](const char* key) {
      return static_cast<uint64_t>(json_count(entry, key, origin));
    };
    PackedImage location{count("shard"), count("offset"), count("bytes"),
                         entry.at("xxh3").get<std::string>()};
    if (collector.add(std::move(record))) locations_.push_back(std::move(location));
  }

  void check_location(const fs::path& path, size_t index) const {
    const auto& [shard, offset, size, hash] = locations_[index];
    const bool fits = shard < shards_.size() && size <= shards_[shard].bytes().size() &&
                      offset <= shards_[shard].bytes().size() - size;
    if (fits) return;
    fail(ErrorCode::kBadData, "{}: image of {} lies outside its shard", path.string(),
         records_[index].id);
  }

  std::vector<MappedFile> shards_;
  std::vector<PackedImage> locations_;
  std::string fingerprint_;
};

}  // namespace

std::unique_ptr<PairSource> open_packed(const std::filesystem::path& folder,
                                        const PairOptions& options) {
  return std::make_unique<PackedSource>(folder, options);
}

}  // namespace clipstill::data
