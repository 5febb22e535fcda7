// JSON of bounded depth: copies and comparisons of nlohmann::json recurse, and a hostile file must
// not exhaust the stack.
#pragma once

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace clipstill::text {

inline nlohmann::json parse_shallow_json(std::string_view text) {
  static constexpr int kMaxDepth = 32;
  return nlohmann::json::parse(text, [](int depth, auto, const auto&) {
    if (depth > kMaxDepth) fail(ErrorCode::kBadData, "JSON nested deeper than {}", kMaxDepth);
    return true;
  });
}

}  // namespace clipstill::text
