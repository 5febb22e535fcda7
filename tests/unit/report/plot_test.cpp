#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <sstream>

#include "markup_checker.h"
#include "report/figures.h"
#include "report/size_plot.h"
#include "report/svg_plot.h"
#include "sample.h"

namespace clipstill::report {
namespace {

double number(const Element& element, const std::string& key) {
  return std::stod(element.attributes.at(key));
}

std::vector<Element> of_class(const Markup& svg, const std::string& name,
                              const std::string& css_class) {
  std::vector<Element> found;
  for (const Element& element : svg.all(name)) {
    const auto value = element.attributes.find("class");
    if (value != element.attributes.end() && value->second.find(css_class) == 0) {
      found.push_back(element);
    }
  }
  return found;
}

Markup parse(const std::string& svg) {
  Markup markup = check_markup(svg);
  EXPECT_EQ(markup.error, "");
  return markup;
}

TEST(Plot, PutsPointsWhereTheScalesSay) {
  const Axis log{.title = "x", .low = 1, .high = 100, .scale = Scale::kLog};
  const Axis linear{.title = "y", .low = 0, .high = 10};
  Plot plot("test", log, linear, 200, 50);
  const double left = plot.pixel_x(1), right = plot.pixel_x(100);
  EXPECT_DOUBLE_EQ(left, 50);
  EXPECT_DOUBLE_EQ(plot.pixel_x(10), (left + right) / 2);
  EXPECT_DOUBLE_EQ(plot.pixel_y(2.5), plot.bottom() - 0.25 * (plot.bottom() - plot.top()));
  EXPECT_DOUBLE_EQ(plot.pixel_y(99), plot.top());  // clamped
}

TEST(Plot, SkipsPointsThatAreNotFinite) {
  Plot plot("test", {}, {}, 200, 50);
  const std::array points = {Point{0, 0}, Point{0.5, std::nan("")}, Point{1, 1}};
  plot.line(points, "mean");
  plot.scatter(points, Marker::kCircle, 3, "mark");
  const Markup svg = parse(plot.svg());
  EXPECT_EQ(svg.all("circle").size(), 2u);
  EXPECT_EQ(svg.all("polyline").size(), 1u);
}

TEST(Plot, EscapesItsTexts) {
  Plot plot(kHostile, {.title = kHostile, .ticks = {{0, kHostile}}}, {.title = kHostile}, 200, 50);
  plot.text({0, 0}, kHostile, Anchor::kEnd, 0, 0, "label");
  plot.horizontal_rule(1, kHostile, Anchor::kStart);
  const Markup svg = parse(plot.svg());
  EXPECT_TRUE(svg.all("img").empty());
  EXPECT_NE(svg.text.find("<img src=x"), std::string::npos);
}

TEST(Figures, LearningCurvesHaveAThinLinePerSeedAndABoldMean) {
  const Summary summary = summarise(sample_comparison());
  for (const CurveAxis axis : {CurveAxis::kStep, CurveAxis::kSeconds}) {
    const Markup svg = parse(learning_curves(summary, axis));
    EXPECT_EQ(of_class(svg, "polyline", "seed").size(), 15u);
    EXPECT_EQ(of_class(svg, "polyline", "mean").size(), 5u);
  }
}

TEST(Figures, BarsAreAsLongAsTheirValues) {
  const Comparison comparison = sample_comparison();
  const Markup svg = parse(retention_bars(summarise(comparison)));
  const std::vector<Element> bars = of_class(svg, "rect", "bar");
  ASSERT_EQ(bars.size(), comparison.variants.size());
  for (size_t i = 0; i < bars.size(); ++i) {
    const double expected =
        comparison.variants[i].retention.value / comparison.variants[0].retention.value;
    EXPECT_NEAR(number(bars[i], "width") / number(bars[0], "width"), expected, 1e-3);
  }
}

TEST(Figures, ALossIsABarToTheLeftOfZero) {
  Comparison comparison = sample_comparison();
  comparison.variants[1].gain = {-0.05, -0.06, -0.04};
  comparison.variants[2].gain = {0.05, 0.04, 0.06};
  const Markup svg = parse(gain_bars(summarise(comparison)));
  const std::vector<Element> bars = of_class(svg, "rect", "bar");
  ASSERT_EQ(bars.size(), 4u);
  const double zero = number(bars[1], "x");
  EXPECT_NEAR(number(bars[0], "x") + number(bars[0], "width"), zero, 0.11);
  EXPECT_NEAR(number(bars[0], "width"), number(bars[1], "width"), 0.11);
  EXPECT_NE(svg.text.find("−5.0 [−6.0, −4.0]"), std::string::npos);
}

TEST(Figures, StackedPartsJoinAndAddUpToTheModel) {
  const Markup svg = parse(component_bars(summarise(sample_comparison()), /*with_teacher=*/true));
  const std::vector<Element> parts = of_class(svg, "rect", "part");
  ASSERT_EQ(parts.size(), 6u * 4u);
  double teacher = 0, student = 0;
  for (size_t i = 0; i < 4; ++i) {
    teacher += number(parts[i], "width");
    student += number(parts[4 + i], "width");
    if (i == 0) continue;
    EXPECT_NEAR(number(parts[i], "x"), number(parts[i - 1], "x") + number(parts[i - 1], "width"),
                0.11);
  }
  EXPECT_NEAR(student / teacher, 928'320.0 / 10'684'928, 2e-3);
}

TEST(Figures, LabelsOfTheBudgetPlotDoNotOverlap) {
  Comparison comparison = sample_comparison();
  for (Variant& variant : comparison.variants) variant.retention = {0.9, 0.89, 0.91};
  const Markup svg = parse(retention_against_parameters(summarise(comparison)));
  std::vector<double> heights;
  for (const Element& label : of_class(svg, "text", "label")) heights.push_back(number(label, "y"));
  ASSERT_EQ(heights.size(), 6u);
  for (size_t i = 1; i < 5; ++i) {  // 0 is the teacher's
    EXPECT_GE(std::fabs(heights[i + 1] - heights[i]), 13.9);
  }
  EXPECT_NE(svg.text.find("at most 20.0 % of the teacher"), std::string::npos);
  EXPECT_NE(svg.text.find("at least 95.0 %"), std::string::npos);
}

TEST(ParetoFront, IsWhatNoOtherPointBeats) {
  const double nan = std::nan("");
  const Point points[] = {{3, .7}, {1, .5},  {2, .4},  // as large and worse than the next
                          {2, .7}, {1, .5},            // again
                          {9, .9}, {nan, 1}, {1, nan}, {8, .8}};
  EXPECT_THAT(pareto_front(points), testing::ElementsAre(1, 3, 8, 5));
  EXPECT_TRUE(pareto_front({}).empty());
}

// The front goes right to the next student that keeps more, then up, and on to the largest.
TEST(Figures, TheFrontIsDrawnWhereStudentsDifferInSize) {
  Comparison comparison = sample_comparison();
  EXPECT_TRUE(
      of_class(parse(retention_against_parameters(summarise(comparison))), "polyline", "front")
          .empty());
  EXPECT_EQ(to_html(comparison).find("stepped line"), std::string::npos);
  comparison.variants.resize(3);
  const double retention[] = {0.9, 0.8, 0.85};  // of one, a half, and two million
  const int64_t sizes[] = {1'000'000, 500'000, 2'000'000};
  for (size_t i = 0; i < 3; ++i) {
    comparison.variants[i].retention = {retention[i], retention[i], retention[i]};
    comparison.variants[i].parameters = {{"all", sizes[i]}};
  }
  const Markup svg = parse(retention_against_parameters(summarise(comparison)));
  const auto front = of_class(svg, "polyline", "front");
  ASSERT_EQ(front.size(), 1u);
  std::vector<Point> steps;
  std::istringstream corners(front[0].attributes.at("points"));
  for (std::string corner; corners >> corner;) {
    const size_t comma = corner.find(',');
    steps.push_back({std::stod(corner.substr(0, comma)), std::stod(corner.substr(comma + 1))});
  }
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_LT(steps[0].x, steps[1].x);
  EXPECT_EQ(steps[0].y, steps[1].y);
  EXPECT_EQ(steps[1].x, steps[2].x);
  EXPECT_GT(steps[1].y, steps[2].y);  // pixels grow downwards
  // On a log scale both steps are as wide: each is twice the parameters of the one before.
  EXPECT_NEAR(steps[3].x - steps[2].x, steps[1].x - steps[0].x, 0.21);
  EXPECT_EQ(steps[3].y, steps[2].y);
  EXPECT_NE(to_html(comparison).find("stepped line"), std::string::npos);
}

TEST(Figures, WithoutDataAreEmpty) {
  const Summary summary = summarise(empty_comparison());
  EXPECT_EQ(learning_curves(summary, CurveAxis::kStep), "");
  EXPECT_EQ(retention_against_parameters(summary), "");
  EXPECT_EQ(retention_bars(summary), "");
  EXPECT_EQ(gain_bars(summary), "");
  EXPECT_EQ(component_bars(summary, true), "");
}

TEST(Figures, OfManyVariantsDifferInColourOrMarker) {
  std::vector<std::pair<std::string, Marker>> styles;
  for (int i = 0; i < 35; ++i) {
    ModelSummary model;
    model.distilled_index = i;
    const SeriesStyle style = series_style(model);
    for (const auto& other : styles) EXPECT_NE(other, std::pair(style.css_class, style.marker));
    styles.emplace_back(style.css_class, style.marker);
  }
}

}  // namespace
}  // namespace clipstill::report
