#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/files.h"
#include "markup_checker.h"
#include "report/format.h"
#include "report/report.h"
#include "report/table.h"
#include "sample.h"

namespace clipstill::report {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

/// User data of every kind replaced by text that tries to break out.
Comparison hostile_comparison() {
  Comparison comparison = sample_comparison();
  for (std::string* field :
       {&comparison.title, &comparison.data, &comparison.command, &comparison.machine,
        &comparison.commit, &comparison.date, &comparison.headline, &comparison.teacher.name}) {
    *field = kHostile;
  }
  comparison.languages = {"en", kHostile};
  comparison.notes = {kHostile};
  comparison.agreement = {{kHostile, kHostile, 1, 2, 3, 4}, {"en", "image_to_text", 0, 0, 0, 0}};
  for (Variant& variant : comparison.variants) {
    variant.name = kHostile;
    variant.description = kHostile;
    variant.parameters[kHostile] = 1;
    for (RunResult& run : variant.runs) run.losses.front().name = kHostile;
  }
  for (Example& example : comparison.examples) {
    example.model = example.query = example.only_right = kHostile;
    for (Neighbour& neighbour : example.neighbours) neighbour.caption = kHostile;
  }
  return comparison;
}

Comparison broken_numbers() {
  Comparison comparison = sample_comparison();
  const double nan = std::nan("");
  comparison.max_parameter_share = nan;
  comparison.min_retention = nan;
  for (Variant& variant : comparison.variants) {
    variant.retention = {nan, -INFINITY, INFINITY};
    variant.gain = {nan, nan, nan};
    variant.to_headline = {nan, nan, nan};
    for (RunResult& run : variant.runs) {
      for (auto& [key, value] : run.metrics) value = nan;
      for (auto& [key, value] : run.calibration) value = nan;
      for (auto& [key, curve] : run.curves) curve.back().value = INFINITY;
    }
  }
  return comparison;
}

TEST(Html, IsWellFormedWhateverItIsGiven) {
  Comparison one_run = sample_comparison();
  for (Variant& variant : one_run.variants) variant.runs.resize(1);
  Comparison odd_images = sample_comparison();
  odd_images.examples[0].neighbours[0].png = "not a PNG \" onerror=";
  odd_images.examples[1].neighbours.clear();
  for (const Comparison& comparison :
       {sample_comparison(), empty_comparison(), Comparison{}, hostile_comparison(),
        broken_numbers(), one_run, odd_images}) {
    const Markup page = check_markup(to_html(comparison));
    EXPECT_EQ(page.error, "");
    EXPECT_THAT(page.text, Not(ContainsRegex("[^a-z](nan|inf)[^a-z]")));
  }
}

TEST(Html, NeedsNothingFromOutside) {
  for (const Comparison& comparison : {sample_comparison(), hostile_comparison()}) {
    const std::string html = to_html(comparison);
    const Markup page = check_markup(html);
    for (const char* forbidden : {"script", "link", "iframe", "object", "use", "image", "a"}) {
      EXPECT_TRUE(page.all(forbidden).empty()) << forbidden;
    }
    for (const Element& element : page.elements) {
      for (const auto& [key, value] : element.attributes) {
        EXPECT_FALSE(key.starts_with("on")) << key;
        if (key != "src" && key != "href") continue;
        EXPECT_TRUE(value.starts_with("data:image/png;base64,"));
      }
    }
    EXPECT_THAT(html, Not(HasSubstr("url(")));
    EXPECT_THAT(html, Not(HasSubstr("@import")));
  }
}

TEST(Html, ShowsHostileTextAsText) {
  const Markup page = check_markup(to_html(hostile_comparison()));
  EXPECT_THAT(page.text, HasSubstr("</script><img src=x onerror=\"alert('1')\">&amp; | `code`"));
  EXPECT_THAT(page.text, HasSubstr("犬の絵文字 <b"));
  EXPECT_THAT(page.text, Not(HasSubstr("\x1b")));
}

TEST(Html, HasItsSectionsInOrder) {
  const Markup page = check_markup(to_html(sample_comparison()));
  size_t at = 0;
  for (const char* heading :
       {"Budget met", "Summary", "What each variant trains with", "Learning curves",
        "Retention against parameters", "Retention per variant", "Gain over native",
        "Parameters by component", "Retrieval and zero-shot by language",
        "Calibration of the soft labels", "Training cost and steps to native’s score",
        "Where teacher and student disagree", "Only emoji-teacher is right",
        "Only combined is right", "Notes", "Provenance"}) {
    const size_t found = page.text.find(heading, at);
    ASSERT_NE(found, std::string::npos) << heading;
    at = found;
  }
  EXPECT_THAT(page.text, Not(HasSubstr("What is missing")));
  EXPECT_THAT(page.text, HasSubstr(verdict(sample_comparison()).substr(12)));
}

TEST(Html, MarksCorrectNeighboursByWordAndFrame) {
  const Comparison comparison = sample_comparison();
  const Markup page = check_markup(to_html(comparison));
  int correct = 0, wrong = 0, thumbnails = 0;
  for (const Element& item : page.all("li")) {
    const auto css_class = item.attributes.find("class");
    if (css_class == item.attributes.end()) continue;
    correct += css_class->second == "correct";
    wrong += css_class->second == "wrong";
  }
  for (const Element& image : page.all("img")) thumbnails += image.attributes.count("alt") > 0;
  EXPECT_EQ(correct, 4);
  EXPECT_EQ(wrong, 8);
  EXPECT_EQ(thumbnails, 12);
  EXPECT_THAT(page.text, HasSubstr("✓ correct"));
  EXPECT_THAT(page.text, HasSubstr("✗ wrong"));
  // Three models answer the first query: it stands once above them.
  const std::string query = "“cat in love”";
  EXPECT_EQ(page.text.find(query), page.text.rfind(query));
}

TEST(Html, EmbedsOnlyPngThumbnails) {
  Comparison comparison = sample_comparison();
  for (Example& example : comparison.examples) {
    for (Neighbour& neighbour : example.neighbours) neighbour.png = "GIF89a";
  }
  EXPECT_TRUE(check_markup(to_html(comparison)).all("img").empty());
}

TEST(Html, SaysWhatIsMissing) {
  const Markup page = check_markup(to_html(empty_comparison()));
  EXPECT_THAT(page.text, HasSubstr("No verdict"));
  EXPECT_THAT(page.text, HasSubstr("There is no data for this figure."));
  EXPECT_THAT(page.text, HasSubstr("What is missing"));
  EXPECT_THAT(page.text, HasSubstr("combined has no finished run."));
  EXPECT_THAT(page.text, HasSubstr("not recorded"));
}

TEST(Formats, AgreeOnEveryNumber) {
  const Comparison comparison = sample_comparison();
  const std::string html = check_markup(to_html(comparison)).text;
  std::string markdown = to_markdown(comparison);
  std::erase(markdown, '\\');  // of escaped brackets
  const std::string text = text_table(comparison);
  for (const Variant& variant : comparison.variants) {
    const std::string retention = percent_interval(variant.retention);
    EXPECT_THAT(html, HasSubstr(retention));
    EXPECT_THAT(markdown, HasSubstr(retention));
    EXPECT_THAT(text, HasSubstr(percent_bounds(variant.retention)));
  }
  const Summary summary = summarise(comparison);
  std::vector<Table> tables = retrieval_tables(summary);
  for (Table& table : calibration_tables(summary)) tables.push_back(std::move(table));
  tables.push_back(summary_table(summary));
  tables.push_back(loss_table(summary));
  tables.push_back(parameter_table(summary));
  tables.push_back(training_table(summary));
  tables.push_back(native_reach_table(summary));
  tables.push_back(agreement_table(comparison, summary));
  for (const Table& table : tables) {
    for (const TableRow& row : table.rows) {
      std::string markdown_row, html_row;
      for (const std::string& cell : row.cells) html_row += cell;
      for (size_t i = 1; i < row.cells.size(); ++i) markdown_row += " | " + row.cells[i];
      EXPECT_THAT(html, HasSubstr(html_row));
      EXPECT_THAT(markdown, HasSubstr(markdown_row));
    }
  }
}

TEST(WriteReport, WritesTheThreeFiles) {
  const fs::path folder = fs::temp_directory_path() / "clipstill_report_test" / "report";
  fs::remove_all(folder.parent_path());
  const Comparison comparison = sample_comparison();
  write_report(comparison, folder);
  EXPECT_EQ(read_file(folder / "report.html"), to_html(comparison));
  EXPECT_EQ(read_file(folder / "report.md"), to_markdown(comparison));
  EXPECT_EQ(read_file(folder / "report.json"), to_json(comparison));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 3);
  fs::remove_all(folder.parent_path());
}

TEST(MarkupChecker, FindsWhatItIsFor) {
  EXPECT_EQ(check_markup("<p class=\"a\">x &amp; y<br/></p>").error, "");
  for (const char* bad : {"<p>", "</p>", "<p><b></p></b>", "<p a=b></p>", "a & b", "<p a=\"</p>",
                          "a < b", "<p a=\"1\" a=\"2\"></p>"}) {
    EXPECT_NE(check_markup(bad).error, "") << bad;
  }
}

}  // namespace
}  // namespace clipstill::report
