#include "data/json_entry.h"

#include "core/shallow_json.h"

namespace clipstill::data {
namespace {

constexpr size_t kMaxEntry = size_t{1} << 20;  // bytes

}  // namespace

std::string parse_json_object(std::string_view text, nlohmann::json& object) {
  if (text.size() > kMaxEntry) {
    return fmt::format("{} bytes of JSON, more than the {} allowed", text.size(), kMaxEntry);
  }
  if (!is_shallow_json(text)) {
    return fmt::format("JSON nested deeper than {} levels", kMaxJsonDepth);
  }
  object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) return "not valid JSON";
  return object.is_object() ? "" : "expected a JSON object";
}

std::string string_of(const nlohmann::json& value, std::string_view name,
                      const std::string& origin) {
  if (value.is_null()) return {};
  if (value.is_number_integer()) return value.dump();
  if (!value.is_string()) {
    fail(ErrorCode::kBadData, "{}: \"{}\" must be a string, found {}", origin, name, value.dump());
  }
  return value.get<std::string>();
}

std::string string_field(const nlohmann::json& object, const char* key, const std::string& origin) {
  const auto found = object.find(key);
  return found == object.end() ? std::string() : string_of(*found, key, origin);
}

}  // namespace clipstill::data
