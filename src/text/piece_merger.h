// Builds longer pieces out of the most frequent neighbours of a corpus' words.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace clipstill::text {

class PieceMerger {
 public:
  /// `pieces` are the word's characters, "##" before all but the first. Only before merge_next().
  void add_word(std::span<const std::string> pieces, int64_t count);

  /// Merges the pair of neighbours that occurs most often, in code point order among equals, and
  /// returns the merged piece; empty when no pair occurs twice.
  std::string merge_next();

 private:
  using Pair = uint64_t;  // left piece << 32 | right piece

  struct Word {
    std::vector<uint32_t> pieces;
    int64_t count;
  };
  struct Occurrences {
    int64_t count = 0;
    std::vector<size_t> words;  // those that have, or once had, the pair; some twice
  };
  struct Candidate {
    int64_t count;
    Pair pair;
  };

  uint32_t intern(const std::string& piece);
  bool comes_later(const Candidate& a, const Candidate& b) const;
  void change(Pair pair, int64_t by, size_t word);
  void merge_in_word(size_t index, Pair pair, uint32_t merged);

  std::vector<std::string> pieces_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::vector<Word> words_;
  std::unordered_map<Pair, Occurrences> pairs_;
  std::vector<Candidate> heap_;  // counts may be outdated; those that rose have a newer entry
};

}  // namespace clipstill::text
