// Scores by category, in every format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "markup_checker.h"
#include "report/table.h"
#include "sample.h"

namespace clipstill::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Of the teacher and of the last variant; the others were not measured.
Comparison with_categories() {
  Comparison comparison = sample_comparison();
  comparison.categories = {{"", 5}, {"animals", 1200}, {kHostile, 30}};
  comparison.teacher.runs[0].category_recall = {{"animals", 0.6}, {kHostile, 0.5}, {"", 0}};
  Variant& combined = comparison.variants.back();
  const double scores[] = {0.5, 0.55, 0.6};
  for (size_t i = 0; i < std::size(scores); ++i) {
    combined.runs[i].category_recall = {{"animals", scores[i]}, {"", 0}};
  }
  combined.category_retention = {{"animals", {0.9167, 0.88, 0.95}},
                                 {"", {std::nan(""), std::nan(""), std::nan("")}}};
  return comparison;
}

std::vector<std::string> row_of(const Table& table, const std::string& name) {
  for (const TableRow& row : table.rows) {
    if (row.cells.front() == name) return row.cells;
  }
  return {};
}

TEST(CategoryTable, HasARowForEachCategoryAndAColumnForEachModel) {
  const auto tables = category_tables(summarise(with_categories()));
  ASSERT_EQ(tables.size(), 2u);
  const Table &recall = tables[0], &retention = tables[1];
  EXPECT_THAT(recall.header, ElementsAre("category", "pairs", "emoji-teacher", "native", "kl_t4",
                                         "fd", "icl", "combined"));
  EXPECT_THAT(row_of(recall, "animals"),
              ElementsAre("animals", "1,200", "60.0", "–", "–", "–", "–", "55.0 ± 5.0"));
  EXPECT_THAT(row_of(recall, "no category"),
              ElementsAre("no category", "5", "0.0", "–", "–", "–", "–", "0.0 ± 0.0"));
  EXPECT_THAT(retention.header,
              ElementsAre("category", "native", "kl_t4", "fd", "icl", "combined"));
  EXPECT_THAT(row_of(retention, "animals"),
              ElementsAre("animals", "–", "–", "–", "–", "91.7 [88.0, 95.0]"));
  // The teacher answers none of these, so that there is nothing to keep.
  EXPECT_THAT(row_of(retention, "no category"),
              ElementsAre("no category", "–", "–", "–", "–", "–"));
}

TEST(CategoryTable, StandsInEveryFormat) {
  const Comparison comparison = with_categories();
  const Markup page = check_markup(to_html(comparison));
  EXPECT_EQ(page.error, "");
  EXPECT_THAT(page.text, HasSubstr("By category"));
  EXPECT_THAT(page.text, HasSubstr("asked among all test pairs"));
  EXPECT_THAT(page.text, HasSubstr("91.7 [88.0, 95.0]"));
  const std::string markdown = to_markdown(comparison);
  EXPECT_THAT(markdown, HasSubstr("## By category\n\nMean recall@1 over languages and directions"));
  EXPECT_THAT(markdown, HasSubstr("| animals | 1,200 | 60\\.0 | – | – | – | – | 55\\.0 ± 5.0 |\n"));

  const auto json = nlohmann::json::parse(to_json(comparison));
  EXPECT_EQ(json.at("categories").at("animals"), 1200);
  const auto& combined = json.at("variants")[4];
  EXPECT_EQ(combined.at("categories").at("animals").at("recall@1").at("runs"), 3);
  EXPECT_NEAR(combined.at("categories").at("animals").at("recall@1").at("mean"), 0.55, 1e-12);
  EXPECT_EQ(combined.at("categories").at("animals").at("retention").at("low"), 0.88);
  EXPECT_TRUE(combined.at("categories").at("").at("retention").is_null());
  EXPECT_EQ(combined.at("runs")[1].at("categories").at("animals"), 0.55);
  EXPECT_EQ(json.at("variants")[0].at("categories"), nlohmann::json::object());
}

TEST(CategoryTable, IsNotThereWithoutCategories) {
  const Comparison comparison = sample_comparison();
  EXPECT_TRUE(category_tables(summarise(comparison)).empty());
  EXPECT_THAT(to_html(comparison), Not(HasSubstr("By category")));
  EXPECT_THAT(to_markdown(comparison), Not(HasSubstr("By category")));
  EXPECT_EQ(nlohmann::json::parse(to_json(comparison)).at("categories"), nlohmann::json::object());
}

}  // namespace
}  // namespace clipstill::report
