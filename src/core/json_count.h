// Whole numbers out of JSON that comes from elsewhere.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.h"

namespace clipstill {

/// The whole number from 0 to 2^63 - 1 under `key`. nlohmann::json::exception where there is no
/// such key, kBadData naming `origin` and `key` for anything else: get() takes 1.5 for 1, and 1e20
/// for whatever the processor makes of it.
inline int64_t json_count(const nlohmann::json& object, const char* key, std::string_view origin) {
  const auto& value = object.at(key);
  if (!value.is_number_unsigned() || value.get<uint64_t>() > INT64_MAX) {
    fail(ErrorCode::kBadData, "{}: \"{}\" must be a whole number from 0 to 2^63 - 1, found {}",
         origin, key, value.dump());
  }
  return value.get<int64_t>();
}

}  // namespace clipstill
