// Prefix lookup over a vocabulary's pieces.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace clipstill::text {

/// A byte trie whose edges live in one open-addressing hash table.
class PieceTrie {
 public:
  PieceTrie() : slots_(kInitialSlots) {}

  void insert(std::string_view piece, int32_t id);

  struct Match {
    int32_t id = -1;
    size_t length = 0;  // bytes
  };
  /// The longest piece that `text` starts with; id -1 if none does.
  Match longest(std::string_view text) const;

  /// Calls visit(id, length in bytes) for each piece that `text` starts with, the shortest first.
  template <class Visit>
  void for_each_prefix(std::string_view text, const Visit& visit) const {
    uint32_t node = 0;
    for (size_t i = 0; i < text.size() && step(node, text[i]); ++i) {
      if (ids_[node] >= 0) visit(ids_[node], i + 1);
    }
  }

 private:
  static constexpr size_t kInitialSlots = 1024;
  struct Slot {
    uint64_t key = 0;  // (node << 8 | byte) + 1; 0 = free
    uint32_t node = 0;
  };

  size_t find(uint64_t key) const;
  bool step(uint32_t& node, char byte) const;  // to the child; false if there is none
  void grow();

  std::vector<Slot> slots_;  // a power of two
  size_t used_ = 0;
  std::vector<int32_t> ids_{-1};  // id of the piece that ends at a node
};

}  // namespace clipstill::text
