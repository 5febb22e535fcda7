#include "text/clip_bpe.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "fixture.h"

namespace clipstill::text {
namespace {

const ClipBpeTokenizer& tiny_bpe() {
  static const ClipBpeTokenizer tokenizer(tiny_clip());
  return tokenizer;
}

TEST(ClipBpe, MergesBytesOfWords) {
  EXPECT_EQ(pieces(tiny_bpe(), "dog dogs"), "dog</w> do g s</w>");
  EXPECT_EQ(pieces(tiny_bpe(), "aaaaaa"), "aaaa a a</w>");
  EXPECT_EQ(pieces(tiny_bpe(), ""), "");
  EXPECT_EQ(pieces(tiny_bpe(), " \t\n\u3000"), "");
}

TEST(ClipBpe, NormalisesAsClipDoes) {
  EXPECT_EQ(pieces(tiny_bpe(), "DOG  Dog"), "dog</w> dog</w>");
  EXPECT_EQ(pieces(tiny_bpe(), "\u00e9 E\u0301"), "Ã©</w> Ã©</w>");
  EXPECT_EQ(pieces(tiny_bpe(), "a\u0301\u0301"),
            "Ã <|endoftext|> Ì ģ</w>");  // á, then a mark alone
}

TEST(ClipBpe, SplitsWordsAsThePatternDoes) {
  EXPECT_EQ(pieces(tiny_bpe(), "dog12"), "dog</w> 1</w> 2</w>");
  EXPECT_EQ(pieces(tiny_bpe(), "dog's"), "dog</w> 's</w>");
  EXPECT_EQ(pieces(tiny_bpe(), "dog!'s"),
            "dog</w> ! '</w> s</w>");  // the sign takes the apostrophe
  EXPECT_EQ(pieces(tiny_bpe(), "'So"), "'s</w> o</w>");
  EXPECT_EQ(pieces(tiny_bpe(), "a!!"), "a</w> !!</w>");
}

TEST(ClipBpe, SpecialTokensStandLiterally) {
  EXPECT_EQ(pieces(tiny_bpe(), "a<|startoftext|>dog"), "a</w> <|startoftext|> dog</w>");
  // In capitals they are no tokens, but words of the new pattern.
  const std::string capitals = "<|STARTOFTEXT|>!!";
  EXPECT_EQ(pieces(tiny_bpe(), capitals).substr(0, 7), "< |</w>");
  EXPECT_TRUE(pieces(tiny_bpe(), capitals).ends_with("| ></w> !!</w>"));
  auto parts = tiny_clip();
  parts.special_words = false;
  EXPECT_TRUE(pieces(ClipBpeTokenizer(parts), capitals).ends_with("| > !!</w>"));
  parts.added[0].normalized = true;
  EXPECT_EQ(pieces(ClipBpeTokenizer(parts), capitals), "<|startoftext|> !!</w>");
}

TEST(ClipBpe, OffsetsCoverWholeCharacters) {
  std::vector<Token> tokens;
  const std::string text = " Dogs \u00e9\xff<|endoftext|>";
  tiny_bpe().encode_pieces(text, tokens);
  std::vector<std::string> slices;
  for (const auto& token : tokens) {
    slices.push_back(text.substr(token.begin, token.end - token.begin));
  }
  // Each byte of a character has the range of all of it; U+FFFD, in place of \xff, has three.
  const std::vector<std::string> expected = {"Do",   "g",    "s",    "\u00e9",
                                             "\xff", "\xff", "\xff", "<|endoftext|>"};
  EXPECT_EQ(slices, expected);
}

TEST(ClipBpe, CuttingKeepsTheEnd) {
  std::vector<Token> tokens;
  bool truncated = false;
  tiny_bpe().encode("dog dog dog", /*context=*/4, tokens, &truncated);
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens.front().id, tiny_bpe().start_id());
  EXPECT_EQ(tokens.back().id, tiny_bpe().end_id());
  EXPECT_TRUE(truncated);
  expect_error(ErrorCode::kUsage, {"context 1", "<|startoftext|>"},
               [&] { tiny_bpe().encode("", 1, tokens); });
}

TEST(ClipBpe, BatchesAreTheSameOnAnyNumberOfThreads) {
  auto parts = tiny_clip();
  parts.padding = std::string("!</w>");
  const ClipBpeTokenizer tokenizer(parts);
  std::vector<std::string> texts;
  for (size_t i = 0; i < 1000; ++i) texts.push_back(std::string(i % 13, 'a') + " dog");
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto one = tokenizer.encode_batch(views, /*context=*/77);
  const auto four = tokenizer.encode_batch(views, 77, /*pad_to_context=*/false, /*threads=*/4);
  EXPECT_EQ(one.ids, four.ids);
  EXPECT_EQ(one.mask, four.mask);
  std::vector<Token> tokens;
  for (size_t i = 0; i < texts.size(); ++i) {
    tokenizer.encode(texts[i], 77, tokens);
    for (size_t j = 0; j < static_cast<size_t>(one.length); ++j) {
      const size_t at = i * static_cast<size_t>(one.length) + j;
      ASSERT_EQ(one.ids[at], j < tokens.size() ? tokens[j].id : tokenizer.padding_id());
      ASSERT_EQ(one.mask[at], j < tokens.size() ? 1 : 0);
    }
  }
}

TEST(ClipBpe, PartsOfCharactersAreFallbacks) {
  std::vector<std::string> fallbacks;
  for (int32_t id = 0; id < tiny_bpe().vocabulary_size(); ++id) {
    if (tiny_bpe().is_fallback(id)) fallbacks.emplace_back(tiny_bpe().token(id));
  }
  const std::vector<std::string> expected = {"Ã",     "Ã</w>", "©",     "©</w>",        "Ì",
                                             "Ì</w>", "ģ",     "ģ</w>", "<|endoftext|>"};
  EXPECT_EQ(fallbacks, expected);
}

TEST(ClipBpe, RefusesPartsThatDoNotFit) {
  const auto with = [](auto change) {
    return [=] {
      auto parts = tiny_clip();
      change(parts);
      ClipBpeTokenizer tokenizer(parts);
    };
  };
  expect_error(ErrorCode::kBadData, {"merge 8", "d x", "\"x\" is not in the vocabulary of 50"},
               with([](auto& parts) { parts.merges.push_back("d x"); }));
  expect_error(ErrorCode::kBadData, {"merge 8", "\"dd\" is not in the vocabulary"},
               with([](auto& parts) { parts.merges.push_back("d d"); }));
  expect_error(ErrorCode::kBadData, {"merge 8", "merge 0"},
               with([](auto& parts) { parts.merges.push_back("d o"); }));
  for (const char* line : {"", "do", "d o g", "d  o"}) {
    expect_error(ErrorCode::kBadData, {"merge 8", "two tokens"},
                 with([=](auto& parts) { parts.merges.push_back(line); }));
  }
  expect_error(ErrorCode::kBadData, {"7 merges for 8 tokens", "missing"},
               with([](auto& parts) { parts.merges.pop_back(); }));
  expect_error(ErrorCode::kBadData, {"<|startoftext|>", "missing"},
               with([](auto& parts) { parts.vocabulary[48] = std::string("x"); }));
  expect_error(ErrorCode::kBadData, {"twice"},
               with([](auto& parts) { parts.vocabulary[1] = std::string("a"); }));
}

}  // namespace
}  // namespace clipstill::text
