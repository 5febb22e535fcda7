#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report/report.h"
#include "sample.h"

namespace clipstill::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int unescaped_pipes(const std::string& line) {
  int pipes = 0;
  for (size_t i = 0; i < line.size(); ++i)
    pipes += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
  return pipes;
}

/// Rows of a table all have as many cells as its header.
void expect_regular_tables(const std::string& markdown) {
  std::istringstream stream(markdown);
  int cells = 0;
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with("|")) {
      cells = 0;
      continue;
    }
    if (cells == 0) cells = unescaped_pipes(line);
    EXPECT_EQ(unescaped_pipes(line), cells) << line;
  }
}

TEST(Markdown, StartsWithTheVerdictAndHoldsEverySection) {
  const Comparison comparison = sample_comparison();
  const std::string markdown = to_markdown(comparison);
  EXPECT_TRUE(markdown.starts_with("# Emoji students\n"));
  EXPECT_THAT(markdown, HasSubstr("**" + verdict(comparison) + "**"));
  for (const char* heading :
       {"## Summary", "## What each variant trains with", "## Learning curves",
        "## Parameters by component", "## Retrieval and zero-shot by language",
        "## Calibration of the soft labels", "## Training cost and steps to native’s score",
        "## Where teacher and student disagree", "### Only emoji-teacher is right",
        "### Only combined is right", "## Notes", "## Provenance"}) {
    EXPECT_THAT(markdown, HasSubstr(std::string(heading) + "\n"));
  }
  EXPECT_THAT(markdown, HasSubstr("- combined, text “爱心猫”:\n  1. ✓ a smiling cat face"));
  EXPECT_THAT(markdown, HasSubstr("- Seeds: 1, 2, 3\n"));
  expect_regular_tables(markdown);
}

TEST(Markdown, KeepsItsShapeWithHostileNames) {
  Comparison comparison = sample_comparison();
  comparison.languages = {kHostile};
  comparison.command = kHostile;
  comparison.notes = {kHostile, "# heading\n- item"};
  for (Variant& variant : comparison.variants) {
    variant.name = kHostile;
    variant.parameters[kHostile] = 1;
    for (RunResult& run : variant.runs) run.losses.front().name = kHostile;
  }
  const std::string markdown = to_markdown(comparison);
  expect_regular_tables(markdown);
  EXPECT_THAT(markdown, Not(HasSubstr("\x1b")));
  EXPECT_THAT(markdown, Not(HasSubstr("| <")));
  EXPECT_THAT(markdown, HasSubstr("- \\# heading - item\n"));
  EXPECT_THAT(markdown, HasSubstr("- Command: `` </script>"));
}

TEST(Markdown, SaysWhatIsMissing) {
  const std::string markdown = to_markdown(empty_comparison());
  expect_regular_tables(markdown);
  EXPECT_THAT(markdown, HasSubstr("There are no validation curves."));
  EXPECT_THAT(markdown, HasSubstr("The calibration was not measured."));
  EXPECT_THAT(markdown, HasSubstr("The losses of the variants are not known."));
  EXPECT_THAT(markdown, HasSubstr("## What is missing\n\n- teacher (the teacher) was not"));
  EXPECT_THAT(markdown, HasSubstr("- Date: not recorded"));
}

}  // namespace
}  // namespace clipstill::report
