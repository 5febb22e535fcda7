#include "data/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "data/record_json.h"
#include "data/tar.h"
#include "image/codec.h"

namespace clipstill::data {
namespace {

using nlohmann::ordered_json;

constexpr const char* kIndex = "index.json";
constexpr const char* kFormat = "clipstill-pack";
constexpr int kVersion = 1;

const char* extension(std::span<const uint8_t> image) {
  switch (image::detect_format(image)) {
    case image::Format::kJpeg:
      return "jpg";
    case image::Format::kPng:
      return "png";
    case image::Format::kWebp:
      return "webp";
    default:
      return nullptr;
  }
}

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Names of the shards that an earlier PackWriter left in the folder.
std::vector<std::string> packed_shards(const fs::path& folder) {
  std::vector<std::string> names;
  const auto path = folder / kIndex;
  if (!fs::exists(path)) return names;
  try {
    const auto index = ordered_json::parse(read_file(path));
    if (index.at("format") == kFormat) {
      for (const auto& shard : index.at("shards")) {
        const auto name = fs::path(shard.at("name").get<std::string>()).filename();
        if (name.extension() == ".tar") names.push_back(name);
      }
      return names;
    }
  } catch (const nlohmann::json::exception&) {
    // not ours either
  }
  fail(ErrorCode::kUsage, "{} is not an index of packed data; pack into another folder",
       path.string());
}

// A user's own WebDataset must not be overwritten by shards of the same names.
void refuse_foreign_shards(const fs::path& folder, const std::vector<std::string>& own) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() == ".tar" &&
        std::find(own.begin(), own.end(), name) == own.end()) {
      fail(ErrorCode::kUsage, "{} is not a part of packed data; pack into another folder",
           entry.path().string());
    }
  }
}

}  // namespace

struct PackWriter::State {
  fs::path folder, partial;
  PackOptions options;
  TarWriter shard;
  std::vector<std::string> old_shards;
  ordered_json shards = ordered_json::array();
  size_t records = 0;
  std::unique_ptr<AtomicFile> index;

  void close_shard() {
    const auto name = fmt::format("shard-{:05}.tar", shards.size());
    const std::string bytes = shard.finish();
    write_file(partial / name, bytes);
    shards.push_back({{"name", name}, {"bytes", bytes.size()}, {"xxh3", hash_hex(bytes)}});
    shard = TarWriter();
  }

  // The new index goes first: a folder of which only a part has been replaced does not open,
  // because its shards are missing or of other sizes, or fails at the hash of the first image.
  void move_into_place() const try {
    fs::rename(partial / kIndex, folder / kIndex);
    sync_folder(folder);
    for (const auto& name : old_shards) fs::remove(folder / name);
    for (const auto& entry : shards) {
      const auto name = entry["name"].get<std::string>();
      fs::rename(partial / name, folder / name);
    }
    sync_folder(folder);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorCode::kResource, "{}; pack again", error.what());
  }
};

PackWriter::PackWriter(std::filesystem::path folder, PackOptions options)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  make_folders(folder);
  state.old_shards = packed_shards(folder);
  refuse_foreign_shards(folder, state.old_shards);
  state.partial = folder / ".partial";
  fs::remove_all(state.partial);  // of a killed writer
  make_folders(state.partial);
  state.folder = std::move(folder);
  state.options = options;
  state.index = std::make_unique<AtomicFile>(state.partial / kIndex);
  state.index->write(fmt::format(R"({{"format":"{}","version":{},"records":[)", kFormat, kVersion));
}

PackWriter::~PackWriter() {
  state_->index.reset();
  std::error_code ignored;
  fs::remove_all(state_->partial, ignored);
}

void PackWriter::add(const PairRecord& record, std::span<const uint8_t> image) {
  const char* suffix = extension(image);
  if (suffix == nullptr) {
    fail(ErrorCode::kBadData, "{}: {} is not a JPEG, PNG or WebP image", record.origin,
         record.image.empty() ? record.id : record.image);
  }
  auto& state = *state_;
  const auto key = fmt::format("{:09}", state.records);
  auto json = record_to_json(record);
  std::string text;
  try {
    text = json.dump();
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: a text of record \"{}\" is not UTF-8: {}", record.origin,
         record.id, error.what());
  }
  state.shard.add(key + "." + suffix, as_text(image));
  const auto member = state.shard.members().back();
  state.shard.add(key + ".json", text);
  json["image"] = member.name;
  json["shard"] = state.shards.size();
  json["offset"] = member.offset;
  json["bytes"] = member.size;
  json["xxh3"] = hash_hex(image);
  state.index->write((state.records == 0 ? "\n" : ",\n") + json.dump());
  ++state.records;
  if (state.shard.size() >= state.options.shard_bytes) state.close_shard();
}

void PackWriter::finish(const std::string& info_json) {
  auto& state = *state_;
  if (!state.shard.members().empty()) state.close_shard();
  state.index->write(fmt::format("],\n\"shards\":{},\n\"info\":{}}}\n", state.shards.dump(),
                                 ordered_json::parse(info_json).dump()));
  state.index->commit();
  state.move_into_place();
}

}  // namespace clipstill::data
