#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/shallow_json.h"
#include "data/pairs_tables.h"
#include "data/pairs_text.h"
#include "data/record_json.h"

namespace clipstill::data {
namespace {

// A parsed line takes several times its bytes in memory.
constexpr size_t kMaxLine = size_t{1} << 20;

constexpr std::string_view kKeys[] = {"image", "file_name", "text",   "caption", "texts",
                                      "lang",  "label",     "domain", "split",   "id"};

std::string image_of(const nlohmann::json& json) {
  for (const char* key : {"image", "file_name"}) {
    if (const auto found = json.find(key); found != json.end() && found->is_string()) {
      return found->get<std::string>();
    }
  }
  return {};
}

void note_unknown_keys(const nlohmann::json& json, std::set<std::string>& unknown) {
  for (const auto& [key, value] : json.items()) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) unknown.insert(key);
  }
}

void add_line(std::string_view line, const std::string& origin, FilePairs& pairs,
              std::set<std::string>& unknown) {
  if (line.size() > kMaxLine) {
    return pairs.reject(
        origin, fmt::format("a line of {} bytes, more than the {} allowed", line.size(), kMaxLine));
  }
  if (!is_shallow_json(line)) {
    return pairs.reject(origin, fmt::format("JSON nested deeper than {} levels", kMaxJsonDepth));
  }
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return pairs.reject(origin, json.is_discarded() ? "not valid JSON" : "expected a JSON object");
  }
  PairRecord record;
  try {
    record = record_from_json(json, origin);
  } catch (const Error& error) {
    // The message begins with the origin, which is stored beside it.
    return pairs.reject(origin, std::string(error.what()).substr(origin.size() + 2));
  }
  record.image = image_of(json);
  note_unknown_keys(json, unknown);
  pairs.add(std::move(record));
}

}  // namespace

void read_jsonl_pairs(const std::filesystem::path& path, FilePairs& pairs) {
  const MappedFile file(path);
  const auto name = path.filename().string();
  std::set<std::string> unknown;
  auto text = checked_text(file);
  for (uint64_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    add_line(line, fmt::format("{}:{}", name, number), pairs, unknown);
  }
  if (!unknown.empty()) {
    log_warning("{}: keys that are not used: {}", path.string(), fmt::join(unknown, ", "));
  }
}

}  // namespace clipstill::data
