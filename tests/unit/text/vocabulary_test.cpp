#include "text/vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../core/expect_error.h"
#include "fixture.h"

namespace clipstill::text {
namespace {

using Texts = std::vector<std::string_view>;

// By hand: "ab" occurs 3 times as a pair ("abc" twice, "ab" once), then "ab"+"##c" twice; "x" and
// "##y" are neighbours once only.
TEST(BuildWordPiece, MergesTheMostFrequentNeighbours) {
  const auto tokenizer = build_wordpiece(Texts{"abc ABC", "ab xy"}, /*size=*/100);
  EXPECT_EQ(tokenizer->vocabulary(),
            (std::vector<std::string>{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##b", "##c",
                                      "##y", "a", "x", "ab", "abc"}));
  EXPECT_EQ(build_wordpiece(Texts{"abc ABC", "ab xy"}, 11)->vocabulary().back(), "ab");
}

// Both pairs of "cd" and "ab" occur twice: the smaller one goes first. Overlapping pairs count
// from the left: "aaaa" is "aa" twice.
TEST(BuildWordPiece, TiesAndRepeats) {
  EXPECT_EQ(build_wordpiece(Texts{"cd cd ab ab"}, 10)->vocabulary().back(), "ab");
  const auto tokenizer = build_wordpiece(Texts{"baaaa baaaa"}, 100);
  EXPECT_EQ(pieces(*tokenizer, "baaaa"), "baaaa");
  EXPECT_EQ(tokenizer->vocabulary()[7], "##aa");
}

TEST(BuildWordPiece, DoesNotDependOnTheOrderOfTheCorpus) {
  const Texts corpus = {"the cat sat", "on the mat", "一只猫和一只狗", "that hat", "cats & hats"};
  Texts reversed(corpus.rbegin(), corpus.rend());
  EXPECT_EQ(build_wordpiece(corpus, 60)->fingerprint(),
            build_wordpiece(reversed, 60)->fingerprint());
}

TEST(BuildWordPiece, EveryTextOfTheCorpusIsKnown) {
  const Texts corpus = {"Crème brûlée, 一只猫!", "[MASK] the #1 İzmir", "\xff 가각 😀"};
  const auto tokenizer = build_wordpiece(corpus, 200);
  for (const auto text : corpus) {
    std::vector<Token> tokens;
    tokenizer->encode_pieces(text, tokens);
    for (const auto& token : tokens) EXPECT_NE(token.id, tokenizer->unknown_id()) << text;
  }
}

TEST(BuildWordPiece, RareCharactersAreLeftOut) {
  const auto tokenizer = build_wordpiece(Texts{"aa aa b"}, 100, /*min_frequency=*/2);
  EXPECT_EQ(pieces(*tokenizer, "a b"), "a [UNK]");
  expect_error(ErrorCode::kUsage, {"11 tokens", "8 are allowed"},
               [] { build_wordpiece(Texts{"abcdef"}, 8); });
}

TEST(TrimWordPiece, KeepsSpecialsAndWhatIsUsed) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  const auto trimmed = trim_wordpiece(tokenizer, Texts{"unaffable 狗", "dog 狗"});
  EXPECT_EQ(trimmed.kept_ids, (std::vector<int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 9, 11}));
  for (size_t id = 0; id < trimmed.kept_ids.size(); ++id) {
    EXPECT_EQ(trimmed.tokenizer->token(static_cast<int32_t>(id)),
              tokenizer.token(trimmed.kept_ids[id]));
  }
  for (const auto* text : {"unaffable dog", "狗 un", "[MASK] dog"}) {
    EXPECT_EQ(pieces(*trimmed.tokenizer, text), pieces(tokenizer, text));
  }
  EXPECT_EQ(pieces(*trimmed.tokenizer, "猫"), "[UNK]");
  const auto frequent = trim_wordpiece(tokenizer, Texts{"dog 狗", "狗"}, /*min_frequency=*/2);
  EXPECT_EQ(frequent.kept_ids, (std::vector<int32_t>{0, 1, 2, 3, 4, 11}));
}

}  // namespace
}  // namespace clipstill::text
