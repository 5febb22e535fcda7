#include "text/nfc.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "text/unicode.h"

namespace clipstill::text {
namespace {

std::vector<NormalCharacter> nfc(const std::u32string& text) {
  std::vector<NormalCharacter> characters, out;
  for (uint32_t i = 0; i < text.size(); ++i) characters.push_back({text[i], i, i + 1});
  to_nfc(characters, out);
  return out;
}

std::u32string code_points(const std::vector<NormalCharacter>& text) {
  std::u32string out;
  for (const auto& c : text) out.push_back(c.code_point);
  return out;
}

TEST(Nfc, ComposesAndOrders) {
  EXPECT_EQ(code_points(nfc(U"e\u0301")), U"\u00e9");
  EXPECT_EQ(code_points(nfc(U"s\u0307\u0323")), U"\u1e69");         // ordered, then composed twice
  EXPECT_EQ(code_points(nfc(U"\u1100\u1161\u11a8")), U"\uac01");    // Hangul
  EXPECT_EQ(code_points(nfc(U"\u212b \u2126")), U"\u00c5 \u03a9");  // singletons
  EXPECT_EQ(code_points(nfc(U"\u0958")), U"\u0915\u093c");          // an exclusion stays apart
  EXPECT_EQ(code_points(nfc(U"\U0001d15e")), U"\U0001d157\U0001d165");
  EXPECT_EQ(code_points(nfc(U"a\u0305\u0301")), U"a\u0305\u0301");  // blocked
  EXPECT_EQ(code_points(nfc(U"\u0301a")), U"\u0301a");
  EXPECT_EQ(code_points(nfc(U"")), U"");
}

// Unicode 13 composes these; the reference's tables are older.
TEST(Nfc, LeavesNewerCompositionsAsTheReferenceDoes) {
  EXPECT_EQ(code_points(nfc(U"\U00011935\U00011930")), U"\U00011935\U00011930");
}

TEST(Nfc, ComposedCharactersHaveTheBytesOfTheirFirst) {
  const auto text = nfc(U"xe\u0301y");
  ASSERT_EQ(text.size(), 3u);
  EXPECT_EQ(text[1].begin, 1u);
  EXPECT_EQ(text[1].end, 2u);
  EXPECT_EQ(text[2].begin, 3u);
}

// A stable character is a starter that NFC does not change, and never the later part of anything.
TEST(Nfc, StableCharactersAre) {
  std::set<char32_t> later_parts;
  for (char32_t c = 0; c < 0x110000; ++c) {
    char32_t parts[kMaxDecomposition];
    const int count = decompose(c, parts);
    later_parts.insert(parts + 1, parts + count);
  }
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (!is_stable_under_nfc(c)) continue;
    EXPECT_EQ(combining_class(c), 0) << std::hex << uint32_t{c};
    EXPECT_FALSE(later_parts.contains(c)) << std::hex << uint32_t{c};
    EXPECT_EQ(code_points(nfc({c})), std::u32string{c}) << std::hex << uint32_t{c};
  }
}

}  // namespace
}  // namespace clipstill::text
