// A PairRecord as JSON: beside each image in a shard, in index.json, and in JSONL.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "data/pairs.h"

namespace clipstill::data {

/// {"id", "texts": [{"text", "lang", "kind"}], "label", "domain", "category", "split"};
/// empty fields left out.
nlohmann::ordered_json record_to_json(const PairRecord& record);

/// Reads the same, and the flat forms "text"/"caption" (a string) with "lang". Throws kBadData
/// naming `origin` where a field has the wrong type; checks nothing else.
PairRecord record_from_json(const nlohmann::json& json, const std::string& origin);

}  // namespace clipstill::data
