// A JSON object of a model's config, read key by key.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/shallow_json.h"

namespace clipstill::pretrained {

/// A small JSON file. kMissingFile; kBadData naming it.
nlohmann::json read_json_file(const std::filesystem::path& path);

class ConfigObject {
 public:
  /// `where` names the file and the object in errors: "config.json: vision_config".
  ConfigObject(const nlohmann::json& object, std::string where);

  const std::string& where() const { return where_; }
  bool has(const char* key) const { return object_.contains(key) && !object_[key].is_null(); }
  ConfigObject object(const char* key) const;

  /// An integer in [least, most]; `otherwise` where the key is missing.
  int64_t integer(const char* key, int64_t otherwise, int64_t least, int64_t most) const;
  double number(const char* key, double otherwise, double least, double most) const;
  bool flag(const char* key, bool otherwise) const;
  std::string text(const char* key, const std::string& otherwise) const;
  const nlohmann::json& value(const char* key) const { return object_.at(key); }

  /// kBadData unless the key is missing or is `value`, because nothing else is supported.
  void expect(const char* key, const nlohmann::json& value) const;
  /// kBadData naming a key that is not in `known`: it might change what the model computes.
  void refuse_others(const std::vector<std::string_view>& known) const;

  [[noreturn]] void refuse(const char* key, std::string_view expected) const;

 private:
  nlohmann::json object_;
  std::string where_;
};

}  // namespace clipstill::pretrained
