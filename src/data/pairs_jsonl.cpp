#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/files.h"
#include "core/log.h"
#include "data/json_entry.h"
#include "data/pairs_tables.h"
#include "data/pairs_text.h"
#include "data/record_json.h"

namespace clipstill::data {
namespace {

constexpr std::string_view kKeys[] = {"image", "file_name", "text",     "caption", "texts", "lang",
                                      "label", "domain",    "category", "split",   "id"};

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
  nlohmann::json json;
  if (auto fault = parse_json_object(line, json); !fault.empty()) {
    return pairs.reject(origin, std::move(fault));
  }
  PairRecord record;
  auto fault = fault_in(origin, [&] { record = record_from_json(json, origin); });
  if (!fault.empty()) return pairs.reject(origin, std::move(fault));
  record.image = image_of(json);
  note_unknown_keys(json, unknown);
  pairs.add(std::move(record));
}

}  // namespace

void read_jsonl_pairs(const std::filesystem::path& path, FilePairs& pairs) {
  const MappedFile file(path);
  const auto name = path.filename().string();
  std::set<std::string> unknown;
  LineReader lines(checked_text(file));
  while (lines.next()) {
    add_line(lines.line(), fmt::format("{}:{}", name, lines.number()), pairs, unknown);
  }
  if (!unknown.empty()) {
    log_warning("{}: keys that are not used: {}", path.string(), fmt::join(unknown, ", "));
  }
}

}  // namespace clipstill::data
