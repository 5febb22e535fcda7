// What the tests of pair readers compare.
#pragma once

#include <string>
#include <vector>

#include "data/pairs.h"

namespace clipstill::data {

inline std::vector<std::string> texts_of(const PairRecord& record) {
  std::vector<std::string> texts;
  for (const auto& text : record.texts) texts.push_back(text.text);
  return texts;
}

/// "ORIGIN: REASON" of each.
inline std::vector<std::string> bad_rows_of(const PairSource& source) {
  std::vector<std::string> rows;
  for (const auto& row : source.bad_rows()) rows.push_back(row.origin + ": " + row.reason);
  return rows;
}

}  // namespace clipstill::data
