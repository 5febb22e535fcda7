// Tokens that stand for themselves wherever their characters are in a text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "text/normal_character.h"

namespace clipstill::text {

struct Literal {
  std::u32string characters;
  int32_t id = 0;
};

inline std::u32string code_points_of(std::span<const NormalCharacter> text) {
  std::u32string out;
  for (const auto& c : text) out.push_back(c.code_point);
  return out;
}

inline void sort_longest_first(std::vector<Literal>& literals) {
  std::ranges::stable_sort(literals, std::greater{},
                           [](const Literal& literal) { return literal.characters.size(); });
}

/// Splits a text at the literals in it, leftmost and longest first: `plain` is called with what is
/// between them, `found` with each. `literals` are sorted by sort_longest_first().
template <class Plain, class Found>
void split_at_literals(std::span<const NormalCharacter> text, const std::vector<Literal>& literals,
                       const Plain& plain, const Found& found) {
  size_t begin = 0;
  for (size_t i = 0; i < text.size();) {
    const auto stands_here = [&](const Literal& literal) {
      const auto& wanted = literal.characters;
      return text[i].code_point == wanted[0] && text.size() - i >= wanted.size() &&
             std::ranges::equal(text.subspan(i, wanted.size()), wanted, {},
                                &NormalCharacter::code_point);
    };
    const auto literal = std::ranges::find_if(literals, stands_here);
    if (literal == literals.end()) {
      ++i;
      continue;
    }
    if (i > begin) plain(text.subspan(begin, i - begin));
    found(*literal, text.subspan(i, literal->characters.size()));
    begin = i += literal->characters.size();
  }
  if (begin < text.size()) plain(text.subspan(begin));
}

}  // namespace clipstill::text
