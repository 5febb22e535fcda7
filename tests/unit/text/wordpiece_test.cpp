#include "text/wordpiece.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "fixture.h"

namespace clipstill::text {
namespace {

TEST(WordPiece, TakesTheLongestPiece) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  EXPECT_EQ(pieces(tokenizer, "unaffable dogs"), "un ##aff ##able dog ##s");
  EXPECT_EQ(pieces(tokenizer, "unaffably"), "[UNK]");  // the whole word, not its tail
  EXPECT_EQ(pieces(tokenizer, "a狗猫dog!"), "a 狗 猫 dog !");
  EXPECT_EQ(pieces(tokenizer, ""), "");
  EXPECT_EQ(pieces(tokenizer, " \t\n "), "");
}

TEST(WordPiece, NormalisesAsBertDoes) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  EXPECT_EQ(pieces(tokenizer, "CAFÉ Cafe\u0301 DOG"), "cafe cafe dog");
  EXPECT_EQ(pieces(tokenizer, "d\u200bo\u00adg"), "dog");             // format characters
  EXPECT_EQ(pieces(tokenizer, std::string_view("d\0og", 4)), "dog");  // NUL
  EXPECT_EQ(pieces(tokenizer, "a\u3000a\u2028a"), "a a a");           // white space of all kinds
  EXPECT_EQ(pieces(tokenizer, "ß İi"), "ß i ##i");                    // no folding of ß
}

TEST(WordPiece, OptionsSwitchEachStep) {
  WordPieceOptions options;
  options.lowercase = false;
  EXPECT_EQ(pieces(WordPieceTokenizer(tiny_vocabulary(), options), "dog DOG"), "dog [UNK]");
  options = {};
  options.strip_accents = false;
  EXPECT_EQ(pieces(WordPieceTokenizer(tiny_vocabulary(), options), "café"), "[UNK]");
  options = {};
  options.handle_chinese_chars = false;
  EXPECT_EQ(pieces(WordPieceTokenizer(tiny_vocabulary(), options), "狗 狗猫"), "狗 [UNK]");
  options = {};
  options.clean_text = false;
  EXPECT_EQ(pieces(WordPieceTokenizer(tiny_vocabulary(), options), "d\u200bog"), "[UNK]");
}

TEST(WordPiece, LongWordsAreUnknown) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  std::vector<Token> tokens;
  tokenizer.encode_pieces(std::string(100, 'a'), tokens);
  EXPECT_EQ(tokens.size(), 100u);
  tokenizer.encode_pieces("a " + std::string(101, 'a'), tokens);
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[1].id, tokenizer.unknown_id());
  EXPECT_EQ(tokens[1].begin, 2u);
  EXPECT_EQ(tokens[1].end, 103u);
}

TEST(WordPiece, SpecialTokensStandLiterally) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  EXPECT_EQ(pieces(tokenizer, "a[MASK]dog"), "a [MASK] dog");
  EXPECT_EQ(pieces(tokenizer, "[mask] [[SEP]]"), "[ mask ] [ [SEP] ]");
  auto without_mask = tiny_vocabulary();
  without_mask[4] = "unused";
  EXPECT_EQ(pieces(WordPieceTokenizer(without_mask), "[MASK]"), "[ mask ]");
}

TEST(WordPiece, OffsetsAreBytesOfTheOriginal) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  const std::string text = "  Unaffable 狗 CAFE\u0301!\xff? [SEP]";
  std::vector<Token> tokens;
  tokenizer.encode_pieces(text, tokens);
  std::vector<std::string> slices;
  for (const auto& token : tokens) {
    slices.push_back(text.substr(token.begin, token.end - token.begin));
  }
  const std::vector<std::string> expected = {"Un", "aff", "able", "狗", "CAFE", "!", "?", "[SEP]"};
  EXPECT_EQ(slices, expected);
}

TEST(WordPiece, CuttingKeepsTheEnd) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  const auto ids = [&](int context, bool* truncated) {
    std::vector<Token> tokens;
    tokenizer.encode("a dog a", context, tokens, truncated);
    std::vector<int32_t> out;
    for (const auto& token : tokens) out.push_back(token.id);
    return out;
  };
  bool truncated = true;
  EXPECT_EQ(ids(5, &truncated), (std::vector<int32_t>{2, 8, 9, 8, 3}));
  EXPECT_FALSE(truncated);
  EXPECT_EQ(ids(4, &truncated), (std::vector<int32_t>{2, 8, 9, 3}));
  EXPECT_TRUE(truncated);
  EXPECT_EQ(ids(2, nullptr), (std::vector<int32_t>{2, 3}));
  expect_error(ErrorCode::kUsage, {"context 1", "at least 2"}, [&] { ids(1, nullptr); });
}

TEST(WordPiece, BatchesArePadded) {
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  const std::string_view texts[] = {"a dog", "", "a"};
  const auto batch = tokenizer.encode_batch(texts, /*context=*/6);
  EXPECT_EQ(batch.rows, 3);
  EXPECT_EQ(batch.length, 4);
  EXPECT_EQ(batch.ids, (std::vector<int64_t>{2, 8, 9, 3, 2, 3, 0, 0, 2, 8, 3, 0}));
  EXPECT_EQ(batch.mask, (std::vector<uint8_t>{1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0}));
  EXPECT_EQ(tokenizer.encode_batch(texts, 6, /*pad_to_context=*/true).length, 6);
  EXPECT_EQ(tokenizer.encode_batch({}, 6).ids.size(), 0u);
}

TEST(WordPiece, RefusesBadVocabularies) {
  const auto without = [](size_t index, const std::string& instead) {
    auto vocabulary = tiny_vocabulary();
    vocabulary[index] = instead;
    return [=] { WordPieceTokenizer tokenizer(vocabulary); };
  };
  expect_error(ErrorCode::kBadData, {"[PAD]", "missing"}, without(0, "x"));
  expect_error(ErrorCode::kBadData, {"[UNK]", "missing"}, without(1, "x"));
  expect_error(ErrorCode::kBadData, {"[CLS]", "missing"}, without(2, "x"));
  expect_error(ErrorCode::kBadData, {"[SEP]", "missing"}, without(3, "x"));
  expect_error(ErrorCode::kBadData, {"token 9", "\"dog\"", "twice"}, without(8, "dog"));
  expect_error(ErrorCode::kBadData, {"token 8", "empty"}, without(8, ""));
  expect_error(ErrorCode::kBadData, {"token 8", "UTF-8"}, without(8, "\xff"));
  const WordPieceTokenizer tokenizer(tiny_vocabulary());
  expect_error(ErrorCode::kBadData, {"-1"}, [&] { tokenizer.token(-1); });
  expect_error(ErrorCode::kBadData, {"23"}, [&] { tokenizer.token(23); });
}

}  // namespace
}  // namespace clipstill::text
