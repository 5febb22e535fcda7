#include "text/piece_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture.h"

namespace clipstill::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Ids of the teacher: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, un 4, ##able 5, dog 6, ##s 7.
TEST(PieceMap, SameFormsThenPiecesThenNothing) {
  const WordPieceTokenizer teacher(
      {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##able", "dog", "##s"});
  const WordPieceTokenizer student({"[SEP]", "[CLS]", "[UNK]", "[PAD]", "dog", "dogs", "##able",
                                    "##un", "unable", "cat", "[MASK]"});
  EXPECT_THAT(pieces_in(teacher, student),
              ElementsAre(ElementsAre(3), ElementsAre(2), ElementsAre(1), ElementsAre(0),
                          ElementsAre(6), ElementsAre(6, 7), ElementsAre(5), ElementsAre(4),
                          ElementsAre(4, 5), IsEmpty(), IsEmpty()));
}

// The special tokens go by what they do, words without WordPiece's signs by their text: the "dog"
// of CLIP, which another piece follows, is none.
TEST(PieceMap, AcrossKindsOfTokenizers) {
  auto parts = tiny_clip();
  parts.vocabulary.push_back("dog");
  parts.merges.push_back("do g");
  const ClipBpeTokenizer teacher(std::move(parts));
  const auto id = [&](std::string_view token) {
    for (int32_t i = 0;; ++i) {
      if (teacher.token(i) == token) return i;
    }
  };
  const WordPieceTokenizer student({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "dog", "##s"});
  EXPECT_THAT(pieces_in(teacher, student),
              ElementsAre(ElementsAre(id("<|endoftext|>")), IsEmpty(),
                          ElementsAre(id("<|startoftext|>")), ElementsAre(id("<|endoftext|>")),
                          ElementsAre(id("dog</w>")), ElementsAre(id("s</w>"))));
}

}  // namespace
}  // namespace clipstill::text
