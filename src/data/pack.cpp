#include "data/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/contains.h"
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

struct PackedShard {
  std::string name, hash;
};

namespace {

using nlohmann::ordered_json;

constexpr const char* kIndex = "index.json";
constexpr const char* kPartial = ".partial";
constexpr const char* kReplaced = "replaced.json";  // the shards of the index that gives way
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

// The shards of an index that a PackWriter wrote; none where there is no index.
std::vector<PackedShard> packed_shards(const fs::path& index) {
  std::vector<PackedShard> shards;
  if (!fs::exists(index)) return shards;
  bool is_ours = false;
  const MappedFile file(index);
  try {
    read_json_lists(
        file.text(), index.string(),
        [&](std::string_view list, size_t, std::string_view entry) {
          if (list != "shards") return;
          const auto shard = parse_shallow_json(entry, index.string());
          const auto name = fs::path(shard.at("name").get<std::string>()).filename();
          if (name.extension() == ".tar") shards.push_back({name, shard.at("xxh3")});
        },
        [&](std::string_view key, std::string_view value) {
          is_ours = is_ours || (key == "format" && value == fmt::format("\"{}\"", kFormat));
        });
    if (is_ours) return shards;
  } catch (const Error&) {                      // no JSON, not ours either
  } catch (const nlohmann::json::exception&) {  // nor this
  }
  fail(ErrorCode::kUsage, "{} is not an index of packed data; pack into another folder",
       index.string());
}

std::vector<std::string> names_of(const std::vector<PackedShard>& shards) {
  std::vector<std::string> names;
  for (const auto& shard : shards) names.push_back(shard.name);
  return names;
}

// Of the shards that a killed writer's folder tells of: the new ones and those that they replace.
std::vector<std::string> moved_shards(const fs::path& partial) {
  auto names = names_of(packed_shards(partial / kIndex));
  std::ranges::copy(names_of(packed_shards(partial / kReplaced)), std::back_inserter(names));
  return names;
}

// A user's own WebDataset must not be overwritten by shards of the same names.
void refuse_foreign_shards(const fs::path& folder, const std::vector<std::string>& listed,
                           const std::vector<std::string>& moved) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() == ".tar" && !contains(listed, name) && !contains(moved, name)) {
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
  std::vector<PackedShard> old_shards;  // of the index in the folder
  ordered_json shards = ordered_json::array();
  size_t records = 0;
  std::unique_ptr<AtomicFile> index;
  bool is_moving = false;

  fs::path partial_shard(size_t number) const { return partial / fmt::format("{:05}.tar", number); }

  void close_shard() {
    const std::string bytes = shard.finish();
    write_file(partial_shard(shards.size()), bytes);
    shards.push_back({{"name", ""}, {"bytes", bytes.size()}, {"xxh3", hash_hex(bytes)}});
    shard = TarWriter();
  }

  // Other names than those that the index in the folder lists, so that the change of the index is
  // the change of the data; but the same for the same content, which may as well be replaced.
  void name_shards() {
    const bool is_same =
        std::equal(old_shards.begin(), old_shards.end(), shards.begin(), shards.end(),
                   [](const PackedShard& old, const ordered_json& now) {
                     return now["xxh3"].get<std::string>() == old.hash;
                   });
    const bool taken = contains(names_of(old_shards), "shard-00000.tar");
    for (size_t i = 0; i < shards.size(); ++i) {
      shards[i]["name"] = is_same ? old_shards[i].name
                                  : fmt::format("{}-{:05}.tar", taken ? "shard-b" : "shard", i);
    }
  }

  // Whoever is killed here leaves the old data or the new, and in `partial` the names of all shards
  // that the index in the folder does not list.
  void move_into_place() {
    ordered_json replaced{{"format", kFormat}, {"shards", ordered_json::array()}};
    for (const auto& [name, hash] : old_shards) {
      replaced["shards"].push_back({{"name", name}, {"xxh3", hash}});
    }
    write_file(partial / kReplaced, replaced.dump() + "\n");
    is_moving = true;
    try {
      for (size_t i = 0; i < shards.size(); ++i) {
        fs::rename(partial_shard(i), folder / shards[i]["name"].get<std::string>());
      }
      sync_folder(folder);
      fs::rename(partial / kIndex, folder / kIndex);
      sync_folder(folder);
    } catch (const fs::filesystem_error& error) {
      fail(ErrorCode::kResource, "{}; pack again", error.what());
    }
    std::vector<std::string> listed;
    for (const auto& entry : shards) listed.push_back(entry["name"]);
    remove_strays(names_of(old_shards), listed);
    is_moving = false;
  }

  // Removes those of the shards, which a writer that was killed, or this one, moved or replaced,
  // that the index in the folder does not list.
  void remove_strays(const std::vector<std::string>& moved,
                     const std::vector<std::string>& listed) const {
    for (const auto& name : moved) {
      if (contains(listed, name)) continue;
      std::error_code error;
      fs::remove(folder / name, error);
      if (error) {
        fail(ErrorCode::kResource, "{}: {}; remove it, or pack again", (folder / name).string(),
             error.message());
      }
    }
    sync_folder(folder);
  }
};

PackWriter::PackWriter(std::filesystem::path folder, PackOptions options)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  make_folders(folder);
  state.lock.emplace(folder);
  state.folder = std::move(folder);
  state.partial = state.folder / kPartial;
  state.old_shards = packed_shards(state.folder / kIndex);
  const auto listed = names_of(state.old_shards), moved = moved_shards(state.partial);
  refuse_foreign_shards(state.folder, listed, moved);
  state.remove_strays(moved, listed);
  fs::remove_all(state.partial);
  make_folders(state.partial);
  state.options = options;
  state.index = std::make_unique<AtomicFile>(state.partial / kIndex);
  state.index->write(fmt::format(R"({{"format":"{}","version":{},"records":[)", kFormat, kVersion));
}

PackWriter::~PackWriter() {
  state_->index.reset();
  if (state_->is_moving) return;  // what is left to do is told by what is there
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
  state.name_shards();
  state.index->write(fmt::format("],\n\"shards\":{},\n\"info\":{}}}\n", state.shards.dump(),
                                 ordered_json::parse(info_json).dump()));
  state.index->commit();
  state.move_into_place();
}

bool is_unfinished_pack(const std::filesystem::path& folder) {
  return !fs::exists(folder / kIndex) && fs::exists(folder / kPartial / kIndex);
}

}  // namespace clipstill::data
