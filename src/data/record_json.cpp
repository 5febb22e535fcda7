#include "data/record_json.h"

#include "core/error.h"
#include "data/json_entry.h"

namespace clipstill::data {

nlohmann::ordered_json record_to_json(const PairRecord& record) {
  nlohmann::ordered_json json;
  json["id"] = record.id;
  auto& texts = json["texts"] = nlohmann::ordered_json::array();
  for (const auto& text : record.texts) {
    auto& entry = texts.emplace_back();
    entry["text"] = text.text;
    if (!text.lang.empty()) entry["lang"] = text.lang;
    if (!text.kind.empty()) entry["kind"] = text.kind;
  }
  if (!record.label.empty()) json["label"] = record.label;
  if (!record.domain.empty()) json["domain"] = record.domain;
  if (!record.category.empty()) json["category"] = record.category;
  if (!record.split.empty()) json["split"] = record.split;
  return json;
}

PairRecord record_from_json(const nlohmann::json& json, const std::string& origin) {
  if (!json.is_object()) fail(ErrorCode::kBadData, "{}: expected a JSON object", origin);
  PairRecord record;
  record.origin = origin;
  record.id = string_field(json, "id", origin);
  record.label = string_field(json, "label", origin);
  record.domain = string_field(json, "domain", origin);
  record.category = string_field(json, "category", origin);
  record.split = string_field(json, "split", origin);
  for (const char* key : {"text", "caption"}) {
    if (json.contains(key)) {
      record.texts.push_back(
          {string_field(json, key, origin), string_field(json, "lang", origin), {}});
    }
  }
  if (const auto texts = json.find("texts"); texts != json.end()) {
    if (!texts->is_array()) fail(ErrorCode::kBadData, "{}: \"texts\" must be a list", origin);
    for (const auto& entry : *texts) {
      if (entry.is_string()) {
        record.texts.push_back({entry.get<std::string>(), {}, {}});
      } else if (entry.is_object()) {
        record.texts.push_back({string_field(entry, "text", origin),
                                string_field(entry, "lang", origin),
                                string_field(entry, "kind", origin)});
      } else {
        fail(ErrorCode::kBadData, "{}: \"texts\" must hold strings or objects, found {}", origin,
             entry.dump());
      }
    }
  }
  return record;
}

}  // namespace clipstill::data
