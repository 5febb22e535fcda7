// A value whose nesting exhausts the stack of whatever recurses into it.
#pragma once

#include <string>

namespace clipstill {

inline std::string deep_json() {
  constexpr size_t kDepth = 500'000;
  return std::string(kDepth, '[') + std::string(kDepth, ']');
}

}  // namespace clipstill
