#include "data/pack.h"

#include <fmt/format.h>

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

}  // namespace

struct PackWriter::State {
  fs::path folder;
  PackOptions options;
  TarWriter shard;
  ordered_json shards = ordered_json::array();
  ordered_json records = ordered_json::array();

  void close_shard() {
    const auto name = fmt::format("shard-{:05}.tar", shards.size());
    const std::string bytes = shard.finish();
    write_file(folder / name, bytes);
    shards.push_back({{"name", name}, {"bytes", bytes.size()}, {"xxh3", hash_hex(bytes)}});
    shard = TarWriter();
  }
};

PackWriter::PackWriter(std::filesystem::path folder, PackOptions options)
    : state_(std::make_unique<State>()) {
  make_folders(folder);
  fs::remove(folder / "index.json");  // until finish(), this is not packed data
  state_->folder = std::move(folder);
  state_->options = options;
}

PackWriter::~PackWriter() = default;

void PackWriter::add(const PairRecord& record, std::span<const uint8_t> image) {
  const char* suffix = extension(image);
  if (suffix == nullptr) {
    fail(ErrorCode::kBadData, "{}: {} is not a JPEG, PNG or WebP image", record.origin,
         record.image.empty() ? record.id : record.image);
  }
  auto& state = *state_;
  const auto key = fmt::format("{:09}", state.records.size());
  auto json = record_to_json(record);
  state.shard.add(key + "." + suffix, as_text(image));
  const auto member = state.shard.members().back();
  state.shard.add(key + ".json", json.dump());
  json["image"] = member.name;
  json["shard"] = state.shards.size();
  json["offset"] = member.offset;
  json["bytes"] = member.size;
  json["xxh3"] = hash_hex(image);
  state.records.push_back(std::move(json));
  if (state.shard.size() >= state.options.shard_bytes) state.close_shard();
}

void PackWriter::finish(const std::string& info_json) {
  auto& state = *state_;
  if (!state.shard.members().empty()) state.close_shard();
  ordered_json index;
  index["format"] = "clipstill-pack";
  index["version"] = 1;
  index["info"] = ordered_json::parse(info_json);
  index["shards"] = std::move(state.shards);
  index["records"] = std::move(state.records);
  write_file(state.folder / "index.json", index.dump() + "\n");
}

}  // namespace clipstill::data
