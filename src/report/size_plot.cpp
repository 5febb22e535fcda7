#include "report/size_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "report/escape.h"
#include "report/format.h"
#include "report/ticks.h"

namespace clipstill::report {
namespace {

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
void draw_labels(Plot& plot, std::vector<SizedScore> scores) {
  std::erase_if(scores, [](const SizedScore& score) { return score.label.empty(); });
  std::stable_sort(scores.begin(), scores.end(),
                   [](const SizedScore& a, const SizedScore& b) { return a.at.y > b.at.y; });
  std::vector<Box> placed;
  for (const SizedScore& score : scores) {
    constexpr double kGap = 10;
    const double x = plot.pixel_x(score.at.x), y = plot.pixel_y(score.at.y);
    const std::string name = shorten(score.label, kLabelColumns);
    const double width = text_width(name);
    const bool fits_right = x + kGap + width < Plot::kWidth;
    Box box{.left = fits_right ? x + kGap : x - kGap - width, .right = 0, .y = y};
    box.right = box.left + width;
    for (const Box& other : placed) {
      if (overlap(box, other)) box.y = other.y + kLineHeight;
    }
    placed.push_back(box);
    const double dx = fits_right ? kGap : -kGap;
    if (box.y - y > 4) plot.leader(score.at, dx * 0.8, box.y - y);
    // On the line that a step of the front may be, not struck through by it.
    plot.text(score.at, name, fits_right ? Anchor::kStart : Anchor::kEnd, dx, box.y - y - 4,
              "label");
  }
}

}  // namespace

std::vector<size_t> pareto_front(std::span<const Point> points) {
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::erase_if(
      order, [&](size_t i) { return !std::isfinite(points[i].x) || !std::isfinite(points[i].y); });
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return points[a].x != points[b].x ? points[a].x < points[b].x : points[a].y > points[b].y;
  });
  std::vector<size_t> front;
  for (const size_t i : order) {
    if (front.empty() || points[i].y > points[front.back()].y) front.push_back(i);
  }
  return front;
}

Plot size_plot(std::string_view description, std::string_view y_title,
               std::span<const Point> points) {
  const auto [smallest, largest] = std::ranges::minmax(points, {}, &Point::x);
  const auto [lowest, highest] = std::ranges::minmax(points, {}, &Point::y);
  Axis x{.title = "parameters (log scale)",
         .low = smallest.x / 1.8,
         .high = largest.x * 1.8,
         .scale = Scale::kLog,
         .grid = false};
  for (const double tick : log_ticks(x.low, x.high)) x.ticks.push_back({tick, magnitude(tick)});
  const double padding = 0.12 * (highest.y - lowest.y) + 0.005;
  Axis y{.title = std::string(y_title),
         .low = std::max(0.0, lowest.y - padding),
         .high = highest.y + padding};
  const std::vector<double> ticks = linear_ticks(y.low, y.high, 6);
  const int decimals = ticks.size() > 1 ? decimals_for(100 * (ticks[1] - ticks[0])) : 0;
  for (const double tick : ticks) y.ticks.push_back({tick, fixed(100 * tick, decimals)});
  return Plot(description, std::move(x), std::move(y), /*height=*/330, /*left=*/62);
}

void draw_front(Plot& plot, std::span<const Point> points) {
  if (points.empty()) return;
  const auto [smallest, largest] = std::ranges::minmax(points, {}, &Point::x);
  if (smallest.x == largest.x) return;
  std::vector<Point> steps;
  for (const size_t i : pareto_front(points)) {
    if (!steps.empty()) steps.push_back({points[i].x, steps.back().y});
    steps.push_back(points[i]);
  }
  steps.push_back({largest.x, steps.back().y});
  plot.line(steps, "front");
}

void draw_scores(Plot& plot, const std::vector<SizedScore>& scores) {
  for (const SizedScore& score : scores) {
    plot.scatter(std::array{score.at}, score.style.marker, 5.5, "mark " + score.style.css_class);
  }
  draw_labels(plot, scores);
}

}  // namespace clipstill::report
