// Byte-pair merges.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clipstill::text {

/// Two neighbours that become one token.
struct BpeMerge {
  int32_t left, right, merged;  // token ids
};

/// A part of a word.
struct BpePiece {
  int32_t id;
  uint32_t size;  // in the smallest parts, those that merging began with
};

class BpeMerges {
 public:
  BpeMerges() = default;
  /// The first goes first. kBadData naming the position if a pair is there twice.
  explicit BpeMerges(std::vector<BpeMerge> merges);

  /// Merges neighbours in `pieces`, always the pair of the first merge that applies, leftmost
  /// first, until none applies. Time n log n in the length of the word, whatever the merges.
  void apply(std::vector<BpePiece>& pieces) const;

  const std::vector<BpeMerge>& list() const { return merges_; }

 private:
  static constexpr int32_t kNone = -1;
  struct Slot {
    uint64_t pair = 0;
    int32_t rank = kNone;  // free
  };

  size_t find(uint64_t pair) const;
  int32_t rank(int32_t left, int32_t right) const;

  std::vector<BpeMerge> merges_;  // by rank
  std::vector<Slot> slots_;       // a power of two, at least half of them free
};

}  // namespace clipstill::text
