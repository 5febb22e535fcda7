#include "report/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "report/escape.h"

namespace clipstill::report {
namespace {

/// Where a value lies between an axis' ends, 0 to 1. An axis without extent puts all at 0.
double position(const Axis& axis, double value) {
  const auto scaled = [&](double v) { return axis.scale == Scale::kLog ? std::log10(v) : v; };
  const double share = (scaled(value) - scaled(axis.low)) / (scaled(axis.high) - scaled(axis.low));
  return std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
}

bool finite(Point point) {
  return std::isfinite(point.x) && std::isfinite(point.y);
}

std::string_view anchor_name(Anchor anchor) {
  switch (anchor) {
    case Anchor::kStart:
      return "start";
    case Anchor::kMiddle:
      return "middle";
    case Anchor::kEnd:
      return "end";
  }
  return "start";
}

std::string line_svg(double x1, double y1, double x2, double y2, std::string_view css_class) {
  return fmt::format(R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)",
                     css_class, x1, y1, x2, y2);
}

std::string text_svg(double x, double y, std::string_view text, Anchor anchor,
                     std::string_view css_class) {
  if (text.empty()) return "";
  return fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)",
                     css_class, x, y, anchor_name(anchor), escape_html(text));
}

std::string polygon_svg(std::span<const Point> corners, double x, double y, double radius,
                        std::string_view css_class) {
  std::string path;
  for (const Point& corner : corners) {
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x + corner.x * radius,
                        y + corner.y * radius);
  }
  return fmt::format(R"(<polygon class="{}" points="{}"/>)", css_class, path);
}

}  // namespace

double text_width(std::string_view text) {
  return 6.8 * display_width(text);
}

std::string marker_svg(Marker marker, double x, double y, double radius,
                       std::string_view css_class) {
  static constexpr Point kSquare[] = {{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}};
  static constexpr Point kTriangle[] = {{0, -1.2}, {1.1, .8}, {-1.1, .8}};
  static constexpr Point kDiamond[] = {{0, -1.3}, {1.1, 0}, {0, 1.3}, {-1.1, 0}};
  static constexpr Point kTriangleDown[] = {{0, 1.2}, {1.1, -.8}, {-1.1, -.8}};
  static constexpr Point kCross[] = {{-.4, -1.2}, {.4, -1.2}, {.4, -.4},   {1.2, -.4},
                                     {1.2, .4},   {.4, .4},   {.4, 1.2},   {-.4, 1.2},
                                     {-.4, .4},   {-1.2, .4}, {-1.2, -.4}, {-.4, -.4}};
  switch (marker) {
    case Marker::kCircle:
      break;
    case Marker::kSquare:
      return polygon_svg(kSquare, x, y, radius, css_class);
    case Marker::kTriangle:
      return polygon_svg(kTriangle, x, y, radius, css_class);
    case Marker::kDiamond:
      return polygon_svg(kDiamond, x, y, radius, css_class);
    case Marker::kTriangleDown:
      return polygon_svg(kTriangleDown, x, y, radius, css_class);
    case Marker::kCross:
      return polygon_svg(kCross, x, y, radius, css_class);
  }
  return fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>)", css_class, x, y,
                     radius);
}

Plot::Plot(std::string_view description, Axis x, Axis y, double height, double left)
    : x_(std::move(x)), y_(std::move(y)), height_(height), left_(left), description_(description) {
  draw_axes();
}

double Plot::bottom() const {
  return height_ - kBottom;
}
double Plot::pixel_x(double x) const {
  return left_ + position(x_, x) * (right() - left_);
}
double Plot::pixel_y(double y) const {
  return bottom() - position(y_, y) * (bottom() - kTop);
}

void Plot::draw_axes() {
  for (const Tick& tick : x_.ticks) {
    const double x = pixel_x(tick.value);
    axes_ += line_svg(x, x_.grid ? kTop : bottom(), x, bottom() + 4, "grid");
    axes_ += text_svg(x, bottom() + 18, tick.label, Anchor::kMiddle, "tick");
  }
  for (const Tick& tick : y_.ticks) {
    const double y = pixel_y(tick.value);
    if (y_.grid) axes_ += line_svg(left_, y, right(), y, "grid");
    axes_ += text_svg(left_ - 8, y + 4, tick.label, Anchor::kEnd, "tick");
  }
  axes_ += line_svg(left_, bottom(), right(), bottom(), "axis");
  axes_ += line_svg(left_, kTop, left_, bottom(), "axis");
  axes_ += text_svg((left_ + right()) / 2, height_ - 6, x_.title, Anchor::kMiddle, "title");
  if (!y_.title.empty()) {
    axes_ += fmt::format(
        R"(<text class="title" text-anchor="middle" {}>{}</text>)",
        fmt::format("transform=\"translate(12 {:.1f}) rotate(-90)\"", (kTop + bottom()) / 2),
        escape_html(y_.title));
  }
}

void Plot::line(std::span<const Point> points, std::string_view css_class) {
  std::string path;
  for (const Point& point : points) {
    if (!finite(point)) continue;
    path +=
        fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", pixel_x(point.x), pixel_y(point.y));
  }
  if (!path.empty()) {
    body_ += fmt::format(R"(<polyline class="{}" points="{}"/>)", css_class, path);
  }
}

void Plot::scatter(std::span<const Point> points, Marker marker, double radius,
                   std::string_view css_class) {
  for (const Point& point : points) {
    if (finite(point)) {
      body_ += marker_svg(marker, pixel_x(point.x), pixel_y(point.y), radius, css_class);
    }
  }
}

void Plot::band(Point from, Point to, std::string_view css_class) {
  const auto [x_low, x_high] = std::minmax({pixel_x(from.x), pixel_x(to.x)});
  const auto [y_low, y_high] = std::minmax({pixel_y(from.y), pixel_y(to.y)});
  body_ += fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)",
                       css_class, x_low, y_low, x_high - x_low, y_high - y_low);
}

void Plot::bar(double from_x, double to_x, double y, double thickness_pixels,
               std::string_view css_class) {
  const auto [low, high] = std::minmax({pixel_x(from_x), pixel_x(to_x)});
  body_ +=
      fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)",
                  css_class, low, pixel_y(y) - thickness_pixels / 2, high - low, thickness_pixels);
}

void Plot::whisker(double low_x, double high_x, double y, std::string_view css_class) {
  constexpr double kCap = 4;
  const double low = pixel_x(low_x), high = pixel_x(high_x), middle = pixel_y(y);
  body_ += line_svg(low, middle, high, middle, css_class);
  body_ += line_svg(low, middle - kCap, low, middle + kCap, css_class);
  body_ += line_svg(high, middle - kCap, high, middle + kCap, css_class);
}

void Plot::horizontal_rule(double y, std::string_view label, Anchor end, bool below) {
  body_ += line_svg(left_, pixel_y(y), right(), pixel_y(y), "rule");
  body_ += text_svg(end == Anchor::kEnd ? right() : left_ + 5, pixel_y(y) + (below ? 13 : -5),
                    label, end, "note");
}

void Plot::vertical_rule(double x, std::string_view label) {
  body_ += line_svg(pixel_x(x), kTop, pixel_x(x), bottom(), "rule");
  // The label stands on the side that has room for it.
  const bool fits_right = pixel_x(x) + 5 + text_width(label) <= right();
  body_ += text_svg(pixel_x(x) + (fits_right ? 5 : -5), bottom() - 6, label,
                    fits_right ? Anchor::kStart : Anchor::kEnd, "note");
}

void Plot::text(Point at, std::string_view text, Anchor anchor, double dx_pixels, double dy_pixels,
                std::string_view css_class) {
  body_ += text_svg(pixel_x(at.x) + dx_pixels, pixel_y(at.y) + dy_pixels, text, anchor, css_class);
}

void Plot::leader(Point from, double dx_pixels, double dy_pixels) {
  const double x = pixel_x(from.x), y = pixel_y(from.y);
  body_ += line_svg(x, y, x + dx_pixels, y + dy_pixels, "leader");
}

std::string Plot::svg() const {
  return fmt::format(
      R"(<svg class="plot" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}{}</svg>)",
      kWidth, height_, escape_html(description_), axes_, body_);
}

}  // namespace clipstill::report
