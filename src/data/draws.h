// What splits, orders and lists of keywords draw with.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.h"

namespace clipstill::data {

/// A part of a key for Rng, from the bytes of a text.
constexpr uint64_t text_key(std::string_view text) {
  uint64_t key = 0;
  for (const char c : text) key = mix64(key ^ static_cast<unsigned char>(c));
  return key;
}

/// Every order is equally likely (Fisher and Yates).
template <class T>
void permute(std::vector<T>& values, Rng& rng) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[rng.below(i)]);
}

}  // namespace clipstill::data
