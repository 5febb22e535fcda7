#include "bundle/manifest.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"

namespace clipstill::bundle {
namespace {

using nlohmann::json;

constexpr const char* kName = "manifest.json";
constexpr uint64_t kMaxBytes = 1 << 20;

// Whether a manifest's name stays in the folder of the manifest.
bool is_inside(const fs::path& name) {
  return name.is_relative() && name.has_filename() && name == name.lexically_normal() &&
         *name.begin() != ".." && *name.begin() != ".";
}

json describe(const std::filesystem::path& file) {
  const MappedFile content(file);
  return {{"bytes", content.bytes().size()}, {"xxh3", hash_hex(content.bytes())}};
}

}  // namespace

void write_manifest(const std::filesystem::path& folder) {
  std::map<std::string, json> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto name = entry.path().lexically_relative(folder).generic_string();
    if (entry.is_regular_file() && name != kName) files[name] = describe(entry.path());
  }
  write_file(folder / kName, json{{"files", files}}.dump(1) + "\n");
}

void verify_manifest(const std::filesystem::path& folder) {
  const auto path = folder / kName;
  std::map<std::string, json> files;
  try {
    files = json::parse(read_file(path, kMaxBytes)).at("files").get<std::map<std::string, json>>();
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a manifest: {}", path.string(), error.what());
  }
  for (const auto& [name, expected] : files) {
    const auto file = folder / name;
    if (!is_inside(name)) {
      fail(ErrorCode::kBadData, "{}: lists \"{}\", which is not in its folder", path.string(),
           name);
    }
    const json found = describe(file);
    if (found != expected) {
      fail(ErrorCode::kBadData, "{}: damaged: the manifest says {}, found {}", file.string(),
           expected.dump(), found.dump());
    }
  }
}

}  // namespace clipstill::bundle
