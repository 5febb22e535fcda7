#pragma once

#include <algorithm>

namespace clipstill {

/// Whether a list holds a value.
template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::ranges::find(list, value) != std::ranges::end(list);
}

}  // namespace clipstill
