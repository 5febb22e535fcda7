#include "data/pairs_packed.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/shallow_json.h"
#include "data/pairs_collector.h"
#include "data/record_json.h"

namespace clipstill::data {
namespace {

struct PackedImage {
  uint32_t shard = 0;
  uint64_t offset = 0, size = 0;
  std::string hash;
};

class PackedSource final : public PairSource {
 public:
  explicit PackedSource(const fs::path& folder) {
    const auto path = folder / "index.json";
    try {
      read_index(folder, path);
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
  void read_index(const fs::path& folder, const fs::path& path) {
    const std::string text = read_file(path);
    const auto index = parse_shallow_json(text, path.string());
    if (index.value("format", "") != "clipstill-pack" || index.value("version", 0) != 1) {
      fail(ErrorCode::kBadData, "{}: expected format clipstill-pack, version 1", path.string());
    }
    for (const auto& shard : index.at("shards")) {
      const auto name = shard.at("name").get<std::string>();
      if (name.find('/') != std::string::npos) {
        fail(ErrorCode::kBadData, "{}: shard name \"{}\" leaves the folder", path.string(), name);
      }
      auto& file = shards_.emplace_back(folder / name);
      const auto size = shard.at("bytes").get<uint64_t>();
      if (file.bytes().size() != size) {
        fail(ErrorCode::kBadData, "{}: {} bytes, index.json says {} (cut short? pack again)",
             file.path().string(), file.bytes().size(), size);
      }
    }
    // The index is our own writing: not one bad record is expected.
    RecordCollector collector(path.string(), {.max_bad_share = 0});
    for (const auto& entry : index.at("records")) {
      auto record =
          record_from_json(entry, fmt::format("index.json: record {}", locations_.size()));
      record.image = entry.at("image").get<std::string>();
      PackedImage location{entry.at("shard").get<uint32_t>(), entry.at("offset").get<uint64_t>(),
                           entry.at("bytes").get<uint64_t>(), entry.at("xxh3").get<std::string>()};
      const bool fits = location.shard < shards_.size() &&
                        location.size <= shards_[location.shard].bytes().size() &&
                        location.offset <= shards_[location.shard].bytes().size() - location.size;
      if (!fits) {
        fail(ErrorCode::kBadData, "{}: image of {} lies outside its shard", path.string(),
             record.id);
      }
      if (collector.add(std::move(record))) locations_.push_back(std::move(location));
    }
    collector.finish();
    records_ = collector.take_records();
    fingerprint_ = fingerprint_records(records_, [&](size_t i) {
      return fmt::format("{} {}", locations_[i].size, locations_[i].hash);
    });
  }

  std::vector<MappedFile> shards_;
  std::vector<PackedImage> locations_;
  std::string fingerprint_;
};

}  // namespace

std::unique_ptr<PairSource> open_packed(const std::filesystem::path& folder) {
  return std::make_unique<PackedSource>(folder);
}

}  // namespace clipstill::data
