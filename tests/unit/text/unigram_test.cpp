#include "text/unigram.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "siglip_fixture.h"

namespace clipstill::text {
namespace {

using Kind = SentencePiece::Kind;

// "▁a b": the pieces of a text, with the ids of those that go by another name.
std::string cut(const SentencePieceModel& model, std::string_view text) {
  NormalBytes normal;
  std::vector<Unigram::Piece> pieces;
  const Unigram unigram(model);  // the texts of byte pieces are in it
  unigram.encode(text, normal, pieces);
  std::string out;
  for (const auto& piece : pieces) {
    const auto& name = model.pieces[static_cast<size_t>(piece.id)].text;
    out += (out.empty() ? "" : " ") + std::string(piece.text);
    if (name != piece.text) out += "=" + name;
  }
  return out;
}

TEST(Unigram, TakesTheBestSum) {
  EXPECT_EQ(cut(tiny_siglip(), "dog"), "dog");
  EXPECT_EQ(cut(tiny_siglip(), "ab"), "ab");  // -4, and not a b: -6
  EXPECT_EQ(cut(tiny_siglip(), "a dogs ab"), "a ▁dog s ▁a b");
  EXPECT_EQ(cut(tiny_siglip(), ""), "");
}

TEST(Unigram, UnknownCharactersInARowAreOnePiece) {
  EXPECT_EQ(cut(tiny_siglip(), "x狗yz"), "x=<unk> 狗 yz=<unk>");
  auto model = tiny_siglip();
  model.pieces.push_back({"yz", 0, Kind::kUnused});  // known by name alone
  EXPECT_EQ(cut(model, "yz"), "yz");
  EXPECT_EQ(cut(model, "yzz"), "yzz=<unk>");
}

TEST(Unigram, SpacesAreCollapsedWhereTheModelSaysSo) {
  auto model = tiny_siglip();
  EXPECT_EQ(cut(model, "  a  a "), "a ▁a");
  model.remove_extra_whitespaces = false;
  EXPECT_EQ(cut(model, "  a "), "▁ ▁a ▁");
}

TEST(Unigram, UserDefinedPiecesGoBeforeOthers) {
  auto model = tiny_siglip();
  model.pieces.push_back({"bb", -50, Kind::kUserDefined});
  EXPECT_EQ(cut(model, "abb"), "a bb");  // its own score does not count
}

TEST(Unigram, FallsBackToBytes) {
  auto model = tiny_siglip();
  for (int byte = 0; byte < 256; ++byte) {
    model.pieces.push_back({fmt::format("<0x{:02X}>", byte), 0, Kind::kByte});
  }
  model.byte_fallback = true;
  EXPECT_EQ(cut(model, "aéx"), "a <0xC3> <0xA9> <0x78>");
  model.pieces.pop_back();
  expect_error(ErrorCode::kBadData, {"byte_fallback", "<0xFF>"}, [&] { Unigram{model}; });
}

// A trie with one key: the root has its children at 256 to 511, "a" has its leaf at 512.
constexpr uint32_t kLeaf = uint32_t{1} << 31, kHasLeaf = 1u << 8;
constexpr uint32_t kRoot = 256u << 10;
constexpr uint32_t kA = ((256u + 'a') ^ 512u) << 10 | kHasLeaf | 'a';

TEST(Unigram, ReplacesByTheCharsmap) {
  auto model = tiny_siglip();
  const auto charsmap = [&](uint32_t value) {
    return charsmap_file(768, {{0, kRoot}, {256 + 'a', kA}, {512, kLeaf | value}},
                         std::string("dog\0b\0", 6));
  };
  model.charsmap = charsmap(0);
  EXPECT_EQ(cut(model, "a s"), "dog ▁ s");
  model.charsmap = charsmap(4);
  EXPECT_EQ(cut(model, "as"), "b s");
  model.charsmap = charsmap(3);  // an empty replacement
  EXPECT_EQ(cut(model, "as"), "s");
  expect_error(ErrorCode::kBadData, {"precompiled_charsmap", "node"},
               [&] { CharsMap(charsmap(6)); });
}

TEST(Unigram, RefusesDamagedCharsmaps) {
  const std::string text("x\0", 2);
  for (const auto& bad :
       {std::string("abc"), std::string(8, '\0'), std::string("\x03\0\0\0abcx\0", 9),
        std::string("\xff\xff\xff\x7f", 4) + text, charsmap_file(256, {}, "x"),
        charsmap_file(255, {}, text), charsmap_file(256, {{7, 256u << 10}}, text)}) {
    expect_error(ErrorCode::kBadData, {"precompiled_charsmap"}, [&] { CharsMap{bad}; });
  }
}

}  // namespace
}  // namespace clipstill::text
