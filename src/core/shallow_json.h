// JSON of bounded depth: copies, comparisons and dump() of nlohmann::json recurse, and a hostile
// file must not exhaust the stack.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.h"

namespace clipstill {

constexpr int kMaxJsonDepth = 32;

/// Whether brackets are nested at most kMaxJsonDepth deep. For text that is no JSON: in what a
/// parser reads of it.
inline bool is_shallow_json(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return true;
}

/// kBadData naming `origin` if it is nested deeper; nlohmann::json::exception if it is no JSON.
inline nlohmann::json parse_shallow_json(std::string_view text, std::string_view origin) {
  if (!is_shallow_json(text)) {
    fail(ErrorCode::kBadData, "{}: JSON nested deeper than {} levels", origin, kMaxJsonDepth);
  }
  return nlohmann::json::parse(text);
}

}  // namespace clipstill
