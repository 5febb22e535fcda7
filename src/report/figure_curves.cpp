// Learning curves: thin lines for the seeds, a bold line with markers for their mean.
#include <fmt/format.h>

#include <algorithm>

#include "report/figures.h"
#include "report/format.h"
#include "report/ticks.h"

namespace clipstill::report {
namespace {

/// Seconds are shown in the unit in which the longest run has a handful of digits.
struct TimeUnit {
  double seconds;
  const char* name;
};

TimeUnit time_unit(double longest_seconds) {
  if (longest_seconds < 300) return {1, "s"};
  if (longest_seconds < 3 * 3600) return {60, "min"};
  return {3600, "h"};
}

struct Extent {
  double x = 0, low = 0, high = 0;

  void add(const Curve& curve, CurveAxis axis) {
    for (const CurvePoint& point : curve) {
      x = std::max(x, axis == CurveAxis::kStep ? static_cast<double>(point.step) : point.seconds);
      low = std::min(low, point.value);
      high = std::max(high, point.value);
    }
  }
};

std::vector<Point> to_points(const Curve& curve, CurveAxis axis, double unit) {
  std::vector<Point> points;
  for (const CurvePoint& point : curve) {
    const double x = axis == CurveAxis::kStep ? static_cast<double>(point.step) : point.seconds;
    points.push_back({.x = x / unit, .y = point.value});
  }
  return points;
}

/// Markers tell the lines apart without colour; a few are enough. The last point has one.
std::vector<Point> every_few(const std::vector<Point>& points) {
  constexpr size_t kMarkers = 8;
  const size_t stride = (points.size() + kMarkers - 1) / kMarkers;
  std::vector<Point> chosen;
  for (size_t i = 0; i < points.size(); ++i) {
    if ((points.size() - 1 - i) % stride == 0) chosen.push_back(points[i]);
  }
  return chosen;
}

}  // namespace

std::string learning_curves(const Summary& summary, CurveAxis axis) {
  Extent extent;
  for (const ModelSummary& model : summary.models) {
    for (const Curve& curve : model.seed_curves) extent.add(curve, axis);
  }
  if (extent.x <= 0) return "";
  const double top = extent.high > extent.low ? extent.high * 1.05 : extent.low + 1;

  const TimeUnit unit = axis == CurveAxis::kStep ? TimeUnit{1, ""} : time_unit(extent.x);
  Axis x{.title = axis == CurveAxis::kStep ? "step" : fmt::format("training time ({})", unit.name),
         .high = extent.x / unit.seconds * 1.02,
         .grid = false};
  const std::vector<double> x_ticks = linear_ticks(0, x.high, 5);
  const int decimals = x_ticks.size() > 1 ? decimals_for(x_ticks[1] - x_ticks[0]) : 0;
  for (const double tick : x_ticks) {
    x.ticks.push_back({tick, axis == CurveAxis::kStep ? magnitude(tick) : fixed(tick, decimals)});
  }
  Axis y{.title = "validation recall@1 (%)", .low = extent.low, .high = top};
  const std::vector<double> y_ticks = linear_ticks(y.low, y.high, 5);
  const int y_decimals = y_ticks.size() > 1 ? decimals_for(100 * (y_ticks[1] - y_ticks[0])) : 0;
  for (const double tick : y_ticks) y.ticks.push_back({tick, fixed(100 * tick, y_decimals)});

  Plot plot("Validation recall@1 while training, one line per variant", x, y, 330, 62);
  if (const CurvePoint* final = summary.native_final()) {
    plot.horizontal_rule(final->value, "native's final score " + percent(final->value),
                         Anchor::kStart);
  }
  for (const ModelSummary& model : summary.models) {
    for (const Curve& curve : model.seed_curves) {
      plot.line(to_points(curve, axis, unit.seconds), "seed " + series_style(model).css_class);
    }
  }
  for (const ModelSummary& model : summary.models) {
    const SeriesStyle style = series_style(model);
    const std::vector<Point> points = to_points(model.mean_curve, axis, unit.seconds);
    plot.line(points, "mean " + style.css_class);
    if (!points.empty()) {
      plot.scatter(every_few(points), style.marker, 3.2, "mark " + style.css_class);
    }
  }
  return plot.svg();
}

}  // namespace clipstill::report
