#pragma once

#include <cstdint>
#include <ranges>
#include <span>
#include <type_traits>

namespace clipstill {

/// The memory of the values of `range` (a string, a vector of numbers), which it must outlive. Not
/// for arrays: that of a string literal ends in a zero byte, which nobody means.
template <std::ranges::contiguous_range Range>
requires(!std::is_array_v<Range>) std::span<const uint8_t> bytes_of(const Range& range) {
  return {reinterpret_cast<const uint8_t*>(std::ranges::data(range)),
          std::ranges::size(range) * sizeof(std::ranges::range_value_t<Range>)};
}

}  // namespace clipstill
