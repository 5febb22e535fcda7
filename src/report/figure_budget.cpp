// Retention against parameters: what a model keeps for its size, and where the budget lies.
#include <algorithm>
#include <array>
#include <cmath>

#include "report/escape.h"
#include "report/figures.h"
#include "report/format.h"
#include "report/ticks.h"

namespace clipstill::report {
namespace {

struct Labelled {
  const ModelSummary* model;
  Point point;
};

/// A label's box in pixels, beside its point.
struct Box {
  double left = 0, right = 0, y = 0;
};

constexpr double kLineHeight = 14;  // pixels
constexpr int kLabelColumns = 24;   // longer names are cut

bool overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && std::fabs(a.y - b.y) < kLineHeight;
}

/// Puts each label beside its point, from the top down, moved below those it would cover.
void draw_labels(Plot& plot, std::vector<Labelled> points) {
  std::stable_sort(points.begin(), points.end(),
                   [](const Labelled& a, const Labelled& b) { return a.point.y > b.point.y; });
  std::vector<Box> placed;
  for (const Labelled& labelled : points) {
    constexpr double kGap = 10;
    const double x = plot.pixel_x(labelled.point.x), y = plot.pixel_y(labelled.point.y);
    const std::string name = shorten(labelled.model->name, kLabelColumns);
    const double width = text_width(name);
    const bool fits_right = x + kGap + width < Plot::kWidth;
    Box box{.left = fits_right ? x + kGap : x - kGap - width, .right = 0, .y = y};
    box.right = box.left + width;
    for (const Box& other : placed) {
      if (overlap(box, other)) box.y = other.y + kLineHeight;
    }
    placed.push_back(box);
    const double dx = fits_right ? kGap : -kGap;
    if (box.y - y > 4) plot.leader(labelled.point, dx * 0.8, box.y - y);
    plot.text(labelled.point, name, fits_right ? Anchor::kStart : Anchor::kEnd, dx, box.y - y + 4,
              "label");
  }
}

}  // namespace

std::string retention_against_parameters(const Summary& summary) {
  std::vector<Labelled> points;
  for (const ModelSummary& model : summary.models) {
    if (!model.retention || model.total_parameters <= 0) continue;
    points.push_back(
        {&model, {static_cast<double>(model.total_parameters), model.retention->value}});
  }
  if (points.empty()) return "";

  const double teacher_size = static_cast<double>(summary.teacher().total_parameters);
  const double size_limit = teacher_size * summary.max_parameter_share;
  double smallest = points[0].point.x, largest = smallest, lowest = summary.min_retention,
         highest = std::max(1.0, summary.min_retention);
  if (size_limit > 0) smallest = std::min(smallest, size_limit);
  largest = std::max(largest, size_limit);
  for (const Labelled& labelled : points) {
    smallest = std::min(smallest, labelled.point.x);
    largest = std::max(largest, labelled.point.x);
    lowest = std::min(lowest, labelled.point.y);
    highest = std::max(highest, labelled.point.y);
  }
  const double padding = 0.12 * (highest - lowest) + 0.005;
  Axis x{.title = "parameters (log scale)",
         .low = smallest / 1.8,
         .high = largest * 1.8,
         .scale = Scale::kLog,
         .grid = false};
  for (const double tick : log_ticks(x.low, x.high)) x.ticks.push_back({tick, magnitude(tick)});
  Axis y{.title = "retention (%)", .low = lowest - padding, .high = highest + padding};
  const std::vector<double> ticks = linear_ticks(y.low, y.high, 6);
  const int decimals = ticks.size() > 1 ? decimals_for(100 * (ticks[1] - ticks[0])) : 0;
  for (const double tick : ticks) y.ticks.push_back({tick, fixed(100 * tick, decimals)});

  Plot plot("Retention of the teacher's recall@1 against the number of parameters", x, y, 330, 62);
  if (size_limit > 0) {
    plot.band({x.low, summary.min_retention}, {size_limit, y.high}, "within");
    plot.vertical_rule(size_limit,
                       "at most " + percent(summary.max_parameter_share) + " of the teacher");
  }
  // Above its right end stands the teacher.
  plot.horizontal_rule(summary.min_retention, "at least " + percent(summary.min_retention),
                       Anchor::kEnd, /*below=*/true);
  for (const Labelled& labelled : points) {
    const SeriesStyle style = series_style(*labelled.model);
    plot.scatter(std::array{labelled.point}, style.marker, 5.5, "mark " + style.css_class);
  }
  draw_labels(plot, points);
  return plot.svg();
}

}  // namespace clipstill::report
