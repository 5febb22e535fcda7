#include "bundle/manifest.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/json_count.h"
#include "core/shallow_json.h"

namespace clipstill::bundle {
namespace {

using nlohmann::json;

constexpr const char* kName = "manifest.json";
constexpr uint64_t kMaxBytes = 1 << 20;

}  // namespace

bool is_inside(const std::filesystem::path& name) {
  return name.is_relative() && name.has_filename() && name == name.lexically_normal() &&
         *name.begin() != ".." && *name.begin() != ".";
}

Manifest::Manifest(std::filesystem::path folder) : folder_(std::move(folder)) {
  const auto path = folder_ / kName;
  std::string name;  // of the entry that is being read
  try {
    const auto root = parse_shallow_json(read_file(path, kMaxBytes), path.string());
    for (const auto& [key, entry] : root.at("files").get_ref<const json::object_t&>()) {
      name = key;
      if (!is_inside(name)) {
        fail(ErrorCode::kBadData, "{}: lists \"{}\", which is not in its folder", path.string(),
             name);
      }
      files_[name] = {static_cast<uint64_t>(json_count(entry, "bytes", path.string())),
                      entry.at("xxh3").get<std::string>()};
    }
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a manifest: {}{}", path.string(),
         name.empty() ? "" : fmt::format("{}: ", (folder_ / name).string()), error.what());
  }
}

void Manifest::check(const std::string& name, std::span<const uint8_t> content) const {
  const auto found = files_.find(name);
  if (found == files_.end()) {
    fail(ErrorCode::kBadData, "{}: not listed in the manifest of its folder",
         (folder_ / name).string());
  }
  if (all_checked_) return;
  const auto& [bytes, hash] = found->second;
  if (content.size() == bytes && hash_hex(content) == hash) return;
  fail(ErrorCode::kBadData,
       "{}: damaged: the manifest says {} bytes with hash {}, found {} bytes with hash {}",
       (folder_ / name).string(), bytes, hash, content.size(), hash_hex(content));
}

void Manifest::check_all() {
  for (const auto& [name, entry] : files_) check(name, MappedFile(folder_ / name).bytes());
  all_checked_ = true;
}

void write_manifest(const std::filesystem::path& folder) {
  std::map<std::string, json> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto name = entry.path().lexically_relative(folder).generic_string();
    if (!entry.is_regular_file() || name == kName) continue;
    const MappedFile content(entry.path());
    files[name] = {{"bytes", content.bytes().size()}, {"xxh3", hash_hex(content.bytes())}};
  }
  write_file(folder / kName, json{{"files", files}}.dump(1) + "\n");
}

void verify_manifest(const std::filesystem::path& folder) {
  Manifest(folder).check_all();
}

}  // namespace clipstill::bundle
