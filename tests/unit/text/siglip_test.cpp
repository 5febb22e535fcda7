#include "text/siglip.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "fixture.h"
#include "siglip_fixture.h"

namespace clipstill::text {
namespace {

const SiglipTokenizer& tiny() {
  static const SiglipTokenizer tokenizer(model_file(tiny_siglip()));
  return tokenizer;
}

std::vector<std::string> slices(const std::string& text) {
  std::vector<Token> tokens;
  tiny().encode_pieces(text, tokens);
  std::vector<std::string> out;
  for (const auto& token : tokens) out.push_back(text.substr(token.begin, token.end - token.begin));
  return out;
}

TEST(Siglip, CanonicalisesAsSiglipDoes) {
  EXPECT_EQ(pieces(tiny(), "A DOG's  dog!"), "▁a ▁dog s ▁dog");
  EXPECT_EQ(pieces(tiny(), "a-b"), "▁a b");
  EXPECT_EQ(pieces(tiny(), "a\t\x1c\u3000\u2581dog \n"), "▁a ▁dog");
  EXPECT_EQ(pieces(tiny(), ""), "");
  EXPECT_EQ(pieces(tiny(), " .,; "), "");
  EXPECT_EQ(pieces(tiny(), "\u3002"), "▁ <unk>");  // other punctuation stays
  EXPECT_EQ(pieces(SiglipTokenizer(model_file(tiny_siglip()), {.lowercase = false}), "dOg"),
            "▁ <unk>");
}

// This model keeps the "▁" in front and the space after it; SigLIP's makes a space of the "▁" first
// and so collapses them.
TEST(Siglip, SpaceInFrontIsAPiece) {
  EXPECT_EQ(pieces(tiny(), " dog"), "▁ ▁dog");
  EXPECT_EQ(pieces(tiny(), "! dog"), "▁ ▁dog");
  EXPECT_EQ(pieces(tiny(), "!dog"), "▁dog");
}

TEST(Siglip, SpecialTokensStandLiterally) {
  EXPECT_EQ(pieces(tiny(), "a</s>dog"), "▁a </s> dog");
  EXPECT_EQ(pieces(tiny(), "<UNK> a"),
            "<unk> a");  // lower-cased first, and space around it is gone
  EXPECT_EQ(pieces(tiny(), "<pad>"), "▁ <unk> a <unk>");  // not one of SigLIP's
  // What is cut off in front is counted: the unknown character joined the ">" there.
  EXPECT_EQ(pieces(tiny(), "</s>xa"), "</s> a");
}

TEST(Siglip, OffsetsAreInTheOriginalText) {
  using Slices = std::vector<std::string>;
  EXPECT_EQ(slices("A  DOG's \xff"), (Slices{"A", "  DOG", "s", " ", "\xff"}));
  EXPECT_EQ(slices("'dog' </s>a"), (Slices{"dog", "</s>", "a"}));
  EXPECT_EQ(slices("a(\u72d7)"), (Slices{"a", "\u72d7"}));
}

TEST(Siglip, OneEndTokenAndNoStart) {
  std::vector<Token> tokens;
  const auto ids = [&](std::string_view text, int context) {
    bool truncated = false;
    tiny().encode(text, context, tokens, &truncated);
    std::string out;
    for (const auto& token : tokens) out += fmt::format("{} ", token.id);
    return out + (truncated ? "cut" : "");
  };
  EXPECT_EQ(ids("a dog", 64), "7 8 1 ");
  EXPECT_EQ(ids("", 64), "1 ");
  EXPECT_EQ(ids("a dog </s>", 64), "7 8 1 ");  // it has its end token
  EXPECT_EQ(ids("a dog </s>", 3), "7 8 1 cut");
  EXPECT_EQ(ids("a dog", 2), "7 1 cut");
  EXPECT_EQ(ids("a dog", 1), "1 cut");
  expect_error(ErrorCode::kUsage, {"context 0 has no room for </s>", "at least 1"},
               [&] { tiny().encode("", 0, tokens); });
}

TEST(Siglip, UnknownAndBytePiecesAreFallbacks) {
  auto model = tiny_siglip();
  model.pieces.push_back({"<0x00>", 0, SentencePiece::Kind::kByte});
  const SiglipTokenizer tokenizer(model_file(model));
  std::string fallbacks;
  for (int32_t id = 0; id < tokenizer.vocabulary_size(); ++id) {
    if (tokenizer.is_fallback(id)) fallbacks += tokenizer.token(id);
  }
  EXPECT_EQ(fallbacks, "<unk><0x00>");
}

TEST(Siglip, FingerprintsTellModelsApart) {
  auto other = tiny_siglip();
  other.pieces[4].score = -2.5f;
  EXPECT_EQ(SiglipTokenizer(model_file(tiny_siglip())).fingerprint(), tiny().fingerprint());
  EXPECT_NE(SiglipTokenizer(model_file(other)).fingerprint(), tiny().fingerprint());
  EXPECT_NE(SiglipTokenizer(model_file(tiny_siglip()), {.lowercase = false}).fingerprint(),
            tiny().fingerprint());
}

TEST(Siglip, BatchesAreTheSameOnAnyNumberOfThreads) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < 2000; ++i)
    texts.push_back(std::string(i % 13, 'a') + " dog x" + std::string(i % 5, 'b'));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto one = tiny().encode_batch(views, /*context=*/12);
  const auto four = tiny().encode_batch(views, 12, /*pad_to_context=*/false, /*threads=*/4);
  EXPECT_EQ(one.ids, four.ids);
  EXPECT_EQ(one.mask, four.mask);
}

TEST(Siglip, RefusesSpecialTokensThatTextsCannotHave) {
  const auto with = [](std::string token) {
    return [token] { SiglipTokenizer(model_file(tiny_siglip()), {.end = token}); };
  };
  expect_error(ErrorCode::kBadData, {"special token <eos> is missing"}, with("<eos>"));
  expect_error(ErrorCode::kBadData, {"special token ▁a has"}, with("▁a"));
  auto model = tiny_siglip();
  model.pieces.push_back({"</S>", 0, SentencePiece::Kind::kControl});
  expect_error(ErrorCode::kBadData, {"</S> has capital letters"},
               [&] { SiglipTokenizer(model_file(model), {.end = "</S>"}); });
}

}  // namespace
}  // namespace clipstill::text
