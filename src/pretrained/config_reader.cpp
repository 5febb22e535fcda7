#include "pretrained/config_reader.h"

#include <algorithm>

#include "core/files.h"

namespace clipstill::pretrained {

nlohmann::json read_json_file(const fs::path& path) {
  constexpr uint64_t kMaxBytes = 1 << 20;
  try {
    return parse_shallow_json(read_file(path, kMaxBytes), path.string());
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not valid JSON: {}", path.string(), error.what());
  }
}

ConfigObject::ConfigObject(const nlohmann::json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object_.is_object()) fail(ErrorCode::kBadData, "{}: expected an object", where_);
}

ConfigObject ConfigObject::object(const char* key) const {
  return {has(key) ? object_[key] : nlohmann::json::object(), where_ + ": " + key};
}

int64_t ConfigObject::integer(const char* key, int64_t otherwise, int64_t least,
                              int64_t most) const {
  if (!has(key)) return otherwise;
  const auto& found = object_[key];
  if (!found.is_number_integer() || found.get<int64_t>() < least || found.get<int64_t>() > most) {
    refuse(key, fmt::format("an integer from {} to {}", least, most));
  }
  return found.get<int64_t>();
}

double ConfigObject::number(const char* key, double otherwise, double least, double most) const {
  if (!has(key)) return otherwise;
  const auto& found = object_[key];
  if (!found.is_number() || found.get<double>() < least || found.get<double>() > most) {
    refuse(key, fmt::format("a number from {} to {}", least, most));
  }
  return found.get<double>();
}

bool ConfigObject::flag(const char* key, bool otherwise) const {
  if (!has(key)) return otherwise;
  if (!object_[key].is_boolean()) refuse(key, "true or false");
  return object_[key].get<bool>();
}

std::string ConfigObject::text(const char* key, const std::string& otherwise) const {
  if (!has(key)) return otherwise;
  if (!object_[key].is_string()) refuse(key, "a text");
  return object_[key].get<std::string>();
}

void ConfigObject::expect(const char* key, const nlohmann::json& value) const {
  if (has(key) && object_[key] != value) refuse(key, value.dump());
}

void ConfigObject::refuse_others(const std::vector<std::string_view>& known) const {
  for (const auto& [key, value] : object_.items()) {
    if (std::ranges::find(known, key) == known.end()) {
      fail(ErrorCode::kBadData,
           "{}: key \"{}\" is not known and could change what the model computes; clipstill reads "
           "plain ViT and ResNet towers with OpenAI's text transformer",
           where_, key);
    }
  }
}

void ConfigObject::refuse(const char* key, std::string_view expected) const {
  auto found = has(key) ? object_[key].dump() : "missing";
  if (found.size() > 60) found = found.substr(0, 57) + "...";
  fail(ErrorCode::kBadData, "{}: {} is {}; expected {}", where_, key, found, expected);
}

}  // namespace clipstill::pretrained
