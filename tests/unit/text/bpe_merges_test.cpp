#include "text/bpe_merges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "../core/expect_error.h"

namespace clipstill::text {
namespace {

std::vector<BpePiece> pieces_of(const std::vector<int32_t>& ids) {
  std::vector<BpePiece> pieces;
  for (const int32_t id : ids) pieces.push_back({id, 1});
  return pieces;
}

std::vector<int32_t> ids_of(const std::vector<BpePiece>& pieces) {
  std::vector<int32_t> ids;
  for (const auto& piece : pieces) ids.push_back(piece.id);
  return ids;
}

// One merge at a time: the first merge that applies anywhere, at its leftmost place.
std::vector<int32_t> merged_slowly(std::vector<int32_t> ids, const std::vector<BpeMerge>& merges) {
  for (size_t i = 0; i < merges.size();) {
    const auto& merge = merges[i++];
    const int32_t pair[] = {merge.left, merge.right};
    const auto place = std::search(ids.begin(), ids.end(), std::begin(pair), std::end(pair));
    if (place == ids.end()) continue;
    *place = merge.merged;
    ids.erase(place + 1);
    i = 0;
  }
  return ids;
}

TEST(BpeMerges, TakesTheFirstMergeThatApplies) {
  const BpeMerges merges({{2, 3, 5}, {1, 2, 4}, {4, 5, 6}, {4, 3, 7}});
  auto pieces = pieces_of({1, 2, 3});
  merges.apply(pieces);
  EXPECT_EQ(ids_of(pieces), (std::vector<int32_t>{1, 5}));
  EXPECT_EQ(pieces[1].size, 2u);
}

TEST(BpeMerges, GoesFromLeftToRight) {
  const BpeMerges merges({{1, 1, 2}});
  auto pieces = pieces_of({1, 1, 1});
  merges.apply(pieces);
  EXPECT_EQ(ids_of(pieces), (std::vector<int32_t>{2, 1}));
}

TEST(BpeMerges, AgreesWithMergingOneByOne) {
  std::mt19937 random(7);
  const auto draw = [&](int32_t below) { return static_cast<int32_t>(random() % below); };
  for (int round = 0; round < 300; ++round) {
    std::vector<BpeMerge> list;
    for (int32_t id = 4; id < 16; ++id) {
      const BpeMerge merge{draw(id), draw(id), id};
      const auto same = [&](auto& m) { return m.left == merge.left && m.right == merge.right; };
      if (std::ranges::none_of(list, same)) list.push_back(merge);
    }
    std::shuffle(list.begin(), list.end(), random);
    std::vector<int32_t> word(1 + draw(24));
    std::ranges::generate(word, [&] { return draw(4); });
    auto pieces = pieces_of(word);
    BpeMerges(list).apply(pieces);
    EXPECT_EQ(ids_of(pieces), merged_slowly(word, list)) << "round " << round;
    uint32_t size = 0;
    for (const auto& piece : pieces) size += piece.size;
    EXPECT_EQ(size, word.size());
  }
}

TEST(BpeMerges, LongWordsTakeNoLongerThanTheirLength) {
  std::vector<BpeMerge> doubling;  // 0 0 -> 1, 1 1 -> 2, ...
  for (int32_t i = 0; i < 19; ++i) doubling.push_back({i, i, i + 1});
  auto pieces = pieces_of(std::vector<int32_t>(1 << 19, 0));
  BpeMerges(doubling).apply(pieces);
  EXPECT_EQ(ids_of(pieces), (std::vector<int32_t>{19}));
}

TEST(BpeMerges, RefusesTheSameMergeTwice) {
  expect_error(ErrorCode::kBadData, {"merge 2", "merge 0"}, [] {
    BpeMerges({{1, 2, 3}, {2, 1, 4}, {1, 2, 3}});
  });
}

}  // namespace
}  // namespace clipstill::text
