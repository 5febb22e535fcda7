#include "core/hash.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/bytes.h"

namespace clipstill {
namespace {

using namespace std::string_view_literals;

// The reference command: printf %s TEXT | xxh128sum
TEST(Hash, IsXxh3With128Bits) {
  EXPECT_EQ(hash_hex(std::string_view()), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hash_hex(std::string_view("abc")), "06b05ab6733a618578af5f94892f3950");
  EXPECT_EQ(hash_hex(bytes_of("abc"sv)), hash_hex(std::string_view("abc")));
}

TEST(Hash, StreamsBytesAsOnePiece) {
  const auto all = bytes_of("the quick brown fox"sv);
  Hasher hasher;
  hasher.update(all.first(4)).update(all.subspan(4, 0)).update(all.subspan(4));
  EXPECT_EQ(hasher.hex(), hash_hex(all));
}

TEST(Hash, FieldsDoNotRunTogether) {
  EXPECT_NE(Hasher().update("ab").update("c").hex(), Hasher().update("a").update("bc").hex());
  EXPECT_NE(Hasher().update("").update("a").hex(), Hasher().update("a").update("").hex());
}

TEST(Hash, OfANumberIsItsLittleEndianBytes) {
  const std::vector<uint8_t> bytes{0x02, 0x01, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(Hasher().update(uint64_t{0x0102}).hex(), hash_hex(bytes));
}

}  // namespace
}  // namespace clipstill
