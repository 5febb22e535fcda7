// What a running command sees of the command line: where its results go.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace clipstill::cli {

using Json = nlohmann::ordered_json;

class Context {
 public:
  explicit Context(bool json) : json_(json) {}

  /// True when --json was given.
  bool json() const { return json_; }
  /// Writes to stdout; kResource if that fails (disk full).
  void print(std::string_view text);
  /// One JSON document with --json, else the text. Both end with a newline.
  void print_result(const Json& json, std::string_view text);

 private:
  bool json_;
};

/// Left-aligned columns, two spaces between; the first row is the heading, set off by a rule.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace clipstill::cli
