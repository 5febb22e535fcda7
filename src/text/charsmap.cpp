#include "text/charsmap.h"

#include "core/error.h"

namespace clipstill::text {
namespace {

constexpr uint32_t kLeaf = uint32_t{1} << 31;  // a leaf holds a value in its other bits

// What an inner node holds: its label, whether a leaf is among its children, and how far away they
// are. The child of a byte lies at (node ^ distance) ^ byte; that of the leaf at node ^ distance.
uint32_t label_of(uint32_t node) {
  return node & (kLeaf | 0xff);  // no byte for a leaf
}
bool has_leaf(uint32_t node) {
  return (node >> 8 & 1) != 0;
}
uint32_t distance_of(uint32_t node) {
  return (node >> 10) << ((node & (1u << 9)) >> 6);
}

uint32_t read_u32(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

CharsMap::CharsMap(std::string_view file) {
  if (file.empty()) return;
  const size_t trie = file.size() < 4 ? 0 : read_u32(file);
  if (trie == 0 || trie % 4 != 0 || trie >= file.size() - 4 || file.back() != '\0') {
    fail(ErrorCode::kBadData,
         "precompiled_charsmap: {} bytes that say that the trie has {}; expected a multiple of 4, "
         "and replacements after it",
         file.size(), trie);
  }
  for (size_t i = 4; i < 4 + trie; i += 4) nodes_.push_back(read_u32(file.substr(i, 4)));
  replacements_ = file.substr(4 + trie);
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const uint32_t node = nodes_[i];
    if ((node & kLeaf) != 0) continue;
    const uint32_t children = i ^ distance_of(node);
    if ((children | 0xff) >= nodes_.size() ||
        (has_leaf(node) && (nodes_[children] & ~kLeaf) >= replacements_.size())) {
      fail(ErrorCode::kBadData,
           "precompiled_charsmap: node {} of {} points outside the file; it is damaged", i,
           nodes_.size());
    }
  }
}

CharsMap::Match CharsMap::longest(std::string_view text) const {
  Match best;
  if (nodes_.empty()) return best;
  uint32_t children = distance_of(nodes_[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const uint32_t at = children ^ byte, node = nodes_[at];
    if (label_of(node) != byte) break;
    children = at ^ distance_of(node);
    if (has_leaf(node)) {
      best = {replacements_.data() + (nodes_[children] & ~kLeaf), i + 1};  // up to its zero byte
    }
  }
  return best;
}

}  // namespace clipstill::text
