#include "text/piece_trie.h"

#include "core/random.h"

namespace clipstill::text {
namespace {

uint64_t edge_key(uint32_t node, char byte) {
  return (static_cast<uint64_t>(node) << 8 | static_cast<unsigned char>(byte)) + 1;
}

}  // namespace

// Slot that holds `key`, or the free one where it belongs.
size_t PieceTrie::find(uint64_t key) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = mix64(key) & mask;
  while (slots_[slot].key != 0 && slots_[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

void PieceTrie::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const auto& slot : old) {
    if (slot.key != 0) slots_[find(slot.key)] = slot;
  }
}

void PieceTrie::insert(std::string_view piece, int32_t id) {
  uint32_t node = 0;
  for (const char byte : piece) {
    if (2 * used_ >= slots_.size()) grow();
    auto& slot = slots_[find(edge_key(node, byte))];
    if (slot.key == 0) {
      slot = {edge_key(node, byte), static_cast<uint32_t>(ids_.size())};
      ids_.push_back(-1);
      ++used_;
    }
    node = slot.node;
  }
  ids_[node] = id;
}

bool PieceTrie::step(uint32_t& node, char byte) const {
  const auto& slot = slots_[find(edge_key(node, byte))];
  if (slot.key == 0) return false;
  node = slot.node;
  return true;
}

PieceTrie::Match PieceTrie::longest(std::string_view text) const {
  Match best;
  for_each_prefix(text, [&](int32_t id, size_t length) { best = {id, length}; });
  return best;
}

}  // namespace clipstill::text
