#include "report/escape.h"

#include <gtest/gtest.h>

namespace clipstill::report {
namespace {

TEST(CleanText, RepairsUtf8AndDropsControls) {
  EXPECT_EQ(clean_text("犬 ok"), "犬 ok");
  EXPECT_EQ(clean_text("a\x1b[31mb\nc\x7f"), "a [31mb c ");
  EXPECT_EQ(clean_text("a\xff\xe7\x8a"), "a\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(clean_text(std::string("a\0b", 3)), "a b");
  EXPECT_EQ(clean_text("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate half
  EXPECT_EQ(clean_text("\xc2\x9b"), " ");                       // C1: starts a terminal command
}

TEST(EscapeHtml, CoversTextAndQuotedAttributes) {
  EXPECT_EQ(escape_html("<a href=\"x\" b='y'> & 猫"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt; &amp; 猫");
}

TEST(EscapeMarkdown, LeavesOrdinaryTextReadable) {
  EXPECT_EQ(escape_markdown("kl_t4 keeps 96.5 [95.2, 97.9] (met)."),
            "kl_t4 keeps 96.5 [95.2, 97.9] (met).");
  EXPECT_EQ(escape_markdown("−3.1"), "−3.1");
}

TEST(EscapeMarkdown, DisarmsSyntax) {
  EXPECT_EQ(escape_markdown("a|b"), "a\\|b");
  EXPECT_EQ(escape_markdown("*a* _b_ `c`"), "\\*a\\* \\_b\\_ \\`c\\`");
  EXPECT_EQ(escape_markdown("<b>&amp;"), "&lt;b&gt;&amp;amp;");
  EXPECT_EQ(escape_markdown("see [x](javascript:y)"), "see [x]\\(javascript:y)");
  EXPECT_EQ(escape_markdown("[x]: http"), "\\[x]\\: http");
  EXPECT_EQ(escape_markdown("![x][y]"), "![x]\\[y]");
  EXPECT_EQ(escape_markdown("# a"), "\\# a");
  EXPECT_EQ(escape_markdown("- a"), "\\- a");
  EXPECT_EQ(escape_markdown("12. a"), "12\\. a");
  EXPECT_EQ(escape_markdown("    indented\ncode"), "indented code");
}

TEST(MarkdownCode, FencesBackticks) {
  EXPECT_EQ(markdown_code("a|b <c>"), "`a|b <c>`");
  EXPECT_EQ(markdown_code("a``b"), "``` a``b ```");
}

TEST(DisplayWidth, CountsIdeographsTwice) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("猫脸"), 4);
  EXPECT_EQ(display_width("–→±−"), 4);
}

TEST(Shorten, CutsBetweenCharacters) {
  EXPECT_EQ(shorten("short", 5), "short");
  EXPECT_EQ(shorten("longer", 5), "long…");
  EXPECT_EQ(shorten("猫脸猫脸", 6), "猫脸…");
}

}  // namespace
}  // namespace clipstill::report
