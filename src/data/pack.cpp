#include "data/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/files.h"
#include "core/folder_lock.h"
#include "core/hash.h"
#include "core/shallow_json.h"
#include "data/json_lists.h"
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

// Names of the shards of an index that a PackWriter wrote; none where there is no index.
std::vector<std::string> packed_shards(const fs::path& index) {
  std::vector<std::string> names;
  if (!fs::exists(index)) return names;
  bool is_ours = false;
  const MappedFile file(index);
  try {
    read_json_lists(
        file.text(), index.string(),
        [&](std::string_view list, size_t, std::string_view entry) {
          if (list != "shards") return;
          const auto shard = parse_shallow_json(entry, index.string());
          const auto name = fs::path(shard.at("name").get<std::string>()).filename();
          if (name.extension() == ".tar") names.push_back(name);
        },
        [&](std::string_view key, std::string_view value) {
          is_ours = is_ours || (key == "format" && value == fmt::format("\"{}\"", kFormat));
        });
    if (is_ours) return names;
  } catch (const Error&) {                      // no JSON, not ours either
  } catch (const nlohmann::json::exception&) {  // nor this
  }
  fail(ErrorCode::kUsage, "{} is not an index of packed data; pack into another folder",
       index.string());
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A user's own WebDataset must not be overwritten by shards of the same names.
void refuse_foreign_shards(const fs::path& folder, const std::vector<std::string>& own) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".tar" && !contains(own, entry.path().filename().string())) {
      fail(ErrorCode::kUsage, "{} is not a part of packed data; pack into another folder",
           entry.path().string());
    }
  }
}

}  // namespace

struct PackWriter::State {
  fs::path folder, partial;
  std::optional<FolderLock> lock;
  PackOptions options;
  TarWriter shard;
  std::vector<std::string> old_shards;  // of the index in the folder, and of a killed writer
  const char* prefix = "shard";
  ordered_json shards = ordered_json::array();
  size_t records = 0;
  std::unique_ptr<AtomicFile> index;

  void close_shard() {
    const auto name = fmt::format("{}-{:05}.tar", prefix, shards.size());
    const std::string bytes = shard.finish();
    write_file(partial / name, bytes);
    shards.push_back({{"name", name}, {"bytes", bytes.size()}, {"xxh3", hash_hex(bytes)}});
    shard = TarWriter();
  }

  // The new shards have other names than those that the index in the folder lists, so that the
  // change of the index is the change of the data: whoever is killed leaves the old or the new.
  void move_into_place() const try {
    std::vector<std::string> names;
    for (const auto& entry : shards) names.push_back(entry["name"].get<std::string>());
    for (const auto& name : names) fs::rename(partial / name, folder / name);
    sync_folder(folder);
    fs::rename(partial / kIndex, folder / kIndex);
    sync_folder(folder);
    for (const auto& name : old_shards) {
      if (!contains(names, name)) fs::remove(folder / name);
    }
  } catch (const fs::filesystem_error& error) {
    fail(ErrorCode::kResource, "{}; pack again", error.what());
  }
};

PackWriter::PackWriter(std::filesystem::path folder, PackOptions options)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  make_folders(folder);
  state.lock.emplace(folder);
  state.partial = folder / ".partial";
  state.old_shards = packed_shards(folder / kIndex);
  if (contains(state.old_shards, "shard-00000.tar")) state.prefix = "shard-b";
  const auto of_killed = packed_shards(state.partial / kIndex);
  state.old_shards.insert(state.old_shards.end(), of_killed.begin(), of_killed.end());
  refuse_foreign_shards(folder, state.old_shards);
  fs::remove_all(state.partial);
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
