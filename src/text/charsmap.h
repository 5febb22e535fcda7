// The character map of a SentencePiece model: which strings its normaliser replaces by which.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::text {

/// `precompiled_charsmap`: the size of a trie in bytes (32 bits, little-endian), the trie, a double
/// array as of Darts-clone (32 bits a node), and the replacements, each ended by a zero byte, which
/// the leaves of the trie point at.
class CharsMap {
 public:
  /// Empty: a map that replaces nothing. kBadData where a step from a node or a replacement would
  /// be outside the file, so that longest() needs no checks.
  explicit CharsMap(std::string_view file);

  struct Match {
    std::string_view replacement;  // may be empty
    size_t length = 0;             // bytes that are replaced; 0 if `text` starts with no key
  };
  /// The longest key that `text` starts with.
  Match longest(std::string_view text) const;

 private:
  std::vector<uint32_t> nodes_;
  std::string replacements_;
};

}  // namespace clipstill::text
