#include "data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<CsvRow> read_all(std::string_view text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  std::vector<CsvRow> rows;
  for (CsvRow row; reader.next(row);) rows.push_back(row);
  return rows;
}

TEST(Csv, SplitsFieldsAndLines) {
  const auto rows = read_all("a,b\nc,\n,d");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].fields, ElementsAre("a", "b"));
  EXPECT_THAT(rows[1].fields, ElementsAre("c", ""));
  EXPECT_THAT(rows[2].fields, ElementsAre("", "d"));
  EXPECT_EQ(rows[2].line, 3u);
}

TEST(Csv, TakesCrLfAndSkipsEmptyLines) {
  const auto rows = read_all("a,b\r\n\r\n\nc,d\r\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0].fields, ElementsAre("a", "b"));
  EXPECT_THAT(rows[1].fields, ElementsAre("c", "d"));
  EXPECT_EQ(rows[1].line, 4u);
}

TEST(Csv, KeepsDelimitersQuotesAndLineEndsInQuotes) {
  const auto rows = read_all("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\nnext,,\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0].fields, ElementsAre("a,b", "say \"hi\"", "two\r\nlines"));
  EXPECT_EQ(rows[1].line, 3u);  // the quoted line end counts
}

TEST(Csv, TakesAQuoteInsideAnUnquotedFieldAsItStands) {
  const auto rows = read_all("a 5\" disk,b\n");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].fields, ElementsAre("a 5\" disk", "b"));
}

TEST(Csv, AnEmptyTextHasNoRows) {
  EXPECT_THAT(read_all(""), IsEmpty());
  EXPECT_THAT(read_all("\n\r\n"), IsEmpty());
}

TEST(Csv, AnUnclosedQuoteCostsOneRow) {
  const auto rows = read_all("a,\"b\nc,d\ne,f\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].fault, HasSubstr("never closed"));
  EXPECT_EQ(rows[0].line, 1u);
  EXPECT_THAT(rows[1].fields, ElementsAre("c", "d"));
  EXPECT_EQ(rows[1].line, 2u);
  EXPECT_THAT(rows[2].fields, ElementsAre("e", "f"));
}

TEST(Csv, AQuoteThatALaterRowClosesCostsOneRow) {
  const auto rows = read_all("a,\"b\nc,\"d\"\ne,f\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].fault, HasSubstr("follows a closing quote"));
  EXPECT_THAT(rows[1].fields, ElementsAre("c", "d"));
  EXPECT_THAT(rows[2].fields, ElementsAre("e", "f"));
  EXPECT_EQ(rows[2].line, 3u);
}

TEST(Csv, AFaultInTheLastLineEndsTheText) {
  const auto rows = read_all("a\n\"b");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_FALSE(rows[1].fault.empty());
  EXPECT_EQ(read_all("\"").size(), 1u);
  EXPECT_EQ(read_all("\"\"x").size(), 1u);
}

TEST(Csv, RefusesAFieldOfMegabytes) {
  const std::string big(size_t{3} << 20, 'x');
  EXPECT_FALSE(read_all("a," + big).at(0).fault.empty());
  EXPECT_FALSE(read_all("a,\"" + big + "\"").at(0).fault.empty());
}

// Whatever is written comes back: random fields of the characters that matter.
TEST(Csv, ReadsBackWhatItWrote) {
  constexpr std::string_view kAlphabet[] = {"a",  "\"",   ",", "\t", "\n",
                                            "\r", "\r\n", " ", "字", ";"};
  for (const char delimiter : {',', '\t'}) {
    for (const std::string_view line_end : {"\n", "\r\n"}) {
      Rng rng{7, static_cast<uint64_t>(delimiter), line_end.size()};
      std::vector<std::vector<std::string>> written;
      std::string text;
      for (int r = 0; r < 500; ++r) {
        auto& row = written.emplace_back();
        for (uint64_t f = 0, fields = 2 + rng.below(4); f < fields; ++f) {
          auto& field = row.emplace_back();
          for (uint64_t c = 0, length = rng.below(8); c < length; ++c) {
            field += kAlphabet[rng.below(std::size(kAlphabet))];
          }
          if (f > 0) text += delimiter;
          text += csv_field(field, delimiter);
        }
        text += line_end;
      }
      const auto rows = read_all(text, delimiter);
      ASSERT_EQ(rows.size(), written.size());
      for (size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].fault, "");
        EXPECT_EQ(rows[i].fields, written[i]);
      }
    }
  }
}

// Any bytes at all: an end is reached, and every row lies on a later line than the one before.
TEST(Csv, SurvivesRandomBytes) {
  constexpr std::string_view kAlphabet = "\"\"\",\n\r\nab\0";
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng{seed};
    std::string text;
    for (uint64_t i = 0, length = rng.below(60); i < length; ++i) {
      text += kAlphabet[rng.below(kAlphabet.size())];
    }
    uint64_t line = 0;
    for (const auto& row : read_all(text)) {
      EXPECT_GT(row.line, line);
      line = row.line;
    }
  }
}

}  // namespace
}  // namespace clipstill::data
