#include "text/bpe_merges.h"

#include <algorithm>
#include <bit>

#include "core/error.h"
#include "core/random.h"

namespace clipstill::text {
namespace {

constexpr uint32_t kEnd = UINT32_MAX;

// A piece in the list of those that are left, by position in the word.
struct Node {
  BpePiece piece;
  uint32_t previous, next;
  int32_t rank;  // of the merge with the next one
};

struct Candidate {
  int32_t rank;
  uint32_t position;  // of the left one
};

bool comes_later(const Candidate& a, const Candidate& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

uint64_t pair_of(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

BpeMerges::BpeMerges(std::vector<BpeMerge> merges)
    : merges_(std::move(merges)), slots_(std::bit_ceil(2 * merges_.size() + 2)) {
  for (size_t i = 0; i < merges_.size(); ++i) {
    const uint64_t pair = pair_of(merges_[i].left, merges_[i].right);
    auto& slot = slots_[find(pair)];
    if (slot.rank != kNone) {
      fail(ErrorCode::kBadData, "merge {} is the same as merge {}; expected each once", i,
           slot.rank);
    }
    slot = {pair, static_cast<int32_t>(i)};
  }
}

// Slot of a pair, or the free one where it belongs.
size_t BpeMerges::find(uint64_t pair) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = mix64(pair) & mask;
  while (slots_[slot].rank != kNone && slots_[slot].pair != pair) slot = (slot + 1) & mask;
  return slot;
}

int32_t BpeMerges::rank(int32_t left, int32_t right) const {
  return slots_[find(pair_of(left, right))].rank;
}

void BpeMerges::apply(std::vector<BpePiece>& pieces) const {
  if (pieces.size() < 2 || merges_.empty()) return;
  thread_local std::vector<Node> nodes;
  thread_local std::vector<Candidate> heap;  // some outdated: their rank is no longer the node's
  nodes.clear();
  heap.clear();
  const auto count = static_cast<uint32_t>(pieces.size());
  for (uint32_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const int32_t merge = last ? kNone : rank(pieces[i].id, pieces[i + 1].id);
    nodes.push_back({pieces[i], i == 0 ? kEnd : i - 1, last ? kEnd : i + 1, merge});
    if (merge != kNone) heap.push_back({merge, i});
  }
  std::ranges::make_heap(heap, comes_later);
  const auto renew = [&](uint32_t position) {
    auto& node = nodes[position];
    node.rank = node.next == kEnd ? kNone : rank(node.piece.id, nodes[node.next].piece.id);
    if (node.rank == kNone) return;
    heap.push_back({node.rank, position});
    std::ranges::push_heap(heap, comes_later);
  };
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, comes_later);
    const auto best = heap.back();
    heap.pop_back();
    auto& node = nodes[best.position];
    if (node.rank != best.rank) continue;
    auto& gone = nodes[node.next];
    node.piece = {merges_[static_cast<size_t>(best.rank)].merged,
                  node.piece.size + gone.piece.size};
    gone.rank = kNone;
    node.next = gone.next;
    if (node.next != kEnd) nodes[node.next].previous = best.position;
    renew(best.position);
    if (node.previous != kEnd) renew(node.previous);
  }
  pieces.clear();
  for (uint32_t i = 0; i != kEnd; i = nodes[i].next) pieces.push_back(nodes[i].piece);
}

}  // namespace clipstill::text
