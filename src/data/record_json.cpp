#include "data/record_json.h"

#include "core/error.h"

namespace clipstill::data {
namespace {

std::string text_of(const nlohmann::json& json, const char* key, const std::string& origin) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return {};
  if (found->is_number_integer()) return found->dump();
  if (!found->is_string()) {
    fail(ErrorCode::kBadData, "{}: \"{}\" must be a string, found {}", origin, key, found->dump());
  }
  return found->get<std::string>();
}

}  // namespace

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
  if (!record.split.empty()) json["split"] = record.split;
  return json;
}

PairRecord record_from_json(const nlohmann::json& json, const std::string& origin) {
  if (!json.is_object()) fail(ErrorCode::kBadData, "{}: expected a JSON object", origin);
  PairRecord record;
  record.origin = origin;
  record.id = text_of(json, "id", origin);
  record.label = text_of(json, "label", origin);
  record.domain = text_of(json, "domain", origin);
  record.split = text_of(json, "split", origin);
  for (const char* key : {"text", "caption"}) {
    if (json.contains(key)) {
      record.texts.push_back({text_of(json, key, origin), text_of(json, "lang", origin), {}});
    }
  }
  if (const auto texts = json.find("texts"); texts != json.end()) {
    if (!texts->is_array()) fail(ErrorCode::kBadData, "{}: \"texts\" must be a list", origin);
    for (const auto& entry : *texts) {
      if (entry.is_string()) {
        record.texts.push_back({entry.get<std::string>(), {}, {}});
      } else if (entry.is_object()) {
        record.texts.push_back({text_of(entry, "text", origin), text_of(entry, "lang", origin),
                                text_of(entry, "kind", origin)});
      } else {
        fail(ErrorCode::kBadData, "{}: \"texts\" must hold strings or objects, found {}", origin,
             entry.dump());
      }
    }
  }
  return record;
}

}  // namespace clipstill::data
