#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report/escape.h"
#include "report/report.h"
#include "sample.h"

namespace clipstill::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string line_with(const std::string& text, const std::string& label) {
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(label)) return line;
  }
  return "";
}

Comparison three_models() {
  Comparison comparison = sample_comparison();
  comparison.variants = {comparison.variants.front(), comparison.variants.back()};
  return comparison;
}

TEST(TextTable, HasAColumnPerModelAndEveryQuantity) {
  const std::string table = text_table(three_models());
  EXPECT_THAT(lines_of(table)[0], HasSubstr("emoji-teacher        native      combined"));
  EXPECT_THAT(line_with(table, "parameters, token embedding"),
              HasSubstr("1,148,928       143,616       143,616"));
  EXPECT_THAT(line_with(table, "parameters, total"), HasSubstr("10,684,928       928,320"));
  EXPECT_THAT(line_with(table, "% of the teacher"), HasSubstr("100.0           8.7           8.7"));
  EXPECT_THAT(line_with(table, "en image → text recall@1 (%)"),
              HasSubstr("64.2    55.1 ± 0.6    62.5 ± 0.6"));
  EXPECT_NE(line_with(table, "zh text → image recall@5 (%)"), "");
  EXPECT_NE(line_with(table, "zh zero-shot (%)"), "");
  EXPECT_THAT(line_with(table, "retention (%)"), HasSubstr("100.0          85.4          97.3"));
  EXPECT_THAT(line_with(table, "gain over native (points)"),
              HasSubstr("–             –          +7.4"));
  EXPECT_THAT(table, HasSubstr("[96.0, 98.5]"));
  EXPECT_THAT(table, HasSubstr("[+6.1, +8.7]"));
  EXPECT_THAT(line_with(table, "native's score at % of steps"), HasSubstr(" ± "));
  EXPECT_THAT(line_with(table, "training time"), HasSubstr("–    6 min 12 s    6 min 12 s"));
}

TEST(TextTable, LinesOfABlockAreEquallyWideAndFitATerminal) {
  Comparison comparison = sample_comparison();
  comparison.variants[2].name = "一个很长的中文名字";
  comparison.languages = {"en", "中文"};
  int width = 0;
  for (const std::string& line : lines_of(text_table(comparison))) {
    if (line.empty()) {
      width = 0;
      continue;
    }
    if (width == 0) width = display_width(line);
    EXPECT_EQ(display_width(line), width) << line;
    EXPECT_LE(display_width(line), 100);
  }
}

TEST(TextTable, WithoutDataShowsDashesAndNoNumbers) {
  const std::string table = text_table(empty_comparison());
  EXPECT_THAT(line_with(table, "retention (%)"), HasSubstr("–"));
  EXPECT_THAT(table, Not(HasSubstr("nan")));
  EXPECT_THAT(table, Not(HasSubstr("0.0")));
  EXPECT_NE(text_table(Comparison{}), "");
}

TEST(TextTable, DoesNotPassTerminalCommandsOn) {
  Comparison comparison = three_models();
  comparison.variants[0].name = "a\x1b]0;title\x07z";
  EXPECT_THAT(text_table(comparison), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace clipstill::report
