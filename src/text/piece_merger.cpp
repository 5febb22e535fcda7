#include "text/piece_merger.h"

#include <algorithm>

namespace clipstill::text {
namespace {

uint32_t left_of(uint64_t pair) {
  return static_cast<uint32_t>(pair >> 32);
}
uint32_t right_of(uint64_t pair) {
  return static_cast<uint32_t>(pair);
}
uint64_t pair_of(uint32_t left, uint32_t right) {
  return uint64_t{left} << 32 | right;
}

}  // namespace

uint32_t PieceMerger::intern(const std::string& piece) {
  const auto [entry, is_new] = ids_.emplace(piece, static_cast<uint32_t>(pieces_.size()));
  if (is_new) pieces_.push_back(piece);
  return entry->second;
}

void PieceMerger::add_word(std::span<const std::string> pieces, int64_t count) {
  Word word{{}, count};
  for (const auto& piece : pieces) word.pieces.push_back(intern(piece));
  for (size_t i = 0; i + 1 < word.pieces.size(); ++i) {
    change(pair_of(word.pieces[i], word.pieces[i + 1]), count, words_.size());
  }
  words_.push_back(std::move(word));
}

// Whether `a` comes out of the heap after `b`.
bool PieceMerger::comes_later(const Candidate& a, const Candidate& b) const {
  if (a.count != b.count) return a.count < b.count;
  if (left_of(a.pair) != left_of(b.pair)) {
    return pieces_[left_of(a.pair)] > pieces_[left_of(b.pair)];
  }
  return pieces_[right_of(a.pair)] > pieces_[right_of(b.pair)];
}

// A new candidate for each rise; falls are noticed when the outdated candidate comes out.
void PieceMerger::change(Pair pair, int64_t by, size_t word) {
  auto& occurrences = pairs_[pair];
  occurrences.count += by;
  if (by < 0) return;
  if (occurrences.words.empty() || occurrences.words.back() != word) {
    occurrences.words.push_back(word);
  }
  heap_.push_back({occurrences.count, pair});
  std::ranges::push_heap(heap_, [this](auto& a, auto& b) { return comes_later(a, b); });
}

void PieceMerger::merge_in_word(size_t index, Pair pair, uint32_t merged) {
  auto& word = words_[index];
  const auto count_pairs = [&](int64_t sign) {
    for (size_t i = 0; i + 1 < word.pieces.size(); ++i) {
      change(pair_of(word.pieces[i], word.pieces[i + 1]), sign * word.count, index);
    }
  };
  std::vector<uint32_t> shorter;
  for (size_t i = 0; i < word.pieces.size(); ++i) {
    const bool match =
        i + 1 < word.pieces.size() && pair_of(word.pieces[i], word.pieces[i + 1]) == pair;
    shorter.push_back(match ? merged : word.pieces[i]);
    if (match) ++i;
  }
  if (shorter.size() == word.pieces.size()) return;
  count_pairs(-1);
  word.pieces = std::move(shorter);
  count_pairs(+1);
}

std::string PieceMerger::merge_next() {
  const auto later = [this](auto& a, auto& b) { return comes_later(a, b); };
  while (!heap_.empty()) {
    std::ranges::pop_heap(heap_, later);
    const auto best = heap_.back();
    heap_.pop_back();
    const int64_t count = pairs_[best.pair].count;
    if (count < best.count) {  // outdated: back with what is left of it
      if (count > 0) {
        heap_.push_back({count, best.pair});
        std::ranges::push_heap(heap_, later);
      }
      continue;
    }
    if (count < 2) return {};
    const auto merged =
        intern(pieces_[left_of(best.pair)] + pieces_[right_of(best.pair)].substr(2));
    const auto words = std::move(pairs_[best.pair].words);
    for (const size_t index : words) merge_in_word(index, best.pair, merged);
    return pieces_[merged];
  }
  return {};
}

}  // namespace clipstill::text
