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

json describe(const std::filesystem::path& file) {
  const MappedFile content(file);
  return {{"bytes", content.bytes().size()}, {"xxh3", hash_hex(content.bytes())}};
}

}  // namespace

void write_manifest(const std::filesystem::path& folder) {
  std::map<std::string, json> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
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
    if (name.find('/') != std::string::npos) {
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
