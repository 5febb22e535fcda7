// One small JSON object of a file that holds many: a line, a member, an element of a list.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/error.h"

namespace clipstill::data {

/// Parses `text` into `object`. Returns why it cannot; empty if it did: over a megabyte (parsed it
/// takes several times its bytes in memory), too deep, no JSON, no object.
std::string parse_json_object(std::string_view text, nlohmann::json& object);

/// A string, or a whole number as one; empty for null. Throws kBadData naming `origin` and `name`
/// for anything else.
std::string string_of(const nlohmann::json& value, std::string_view name,
                      const std::string& origin);

/// string_of() what stands under `key`; empty if nothing does.
std::string string_field(const nlohmann::json& object, const char* key, const std::string& origin);

/// Runs read(). Returns what it threw kBadData for, without the origin that the message begins
/// with; empty if it did not.
template <class Read>
std::string fault_in(const std::string& origin, const Read& read) {
  try {
    read();
    return {};
  } catch (const Error& error) {
    return std::string(error.what()).substr(origin.size() + 2);
  }
}

}  // namespace clipstill::data
