// A small plotting layer: two axes and what is drawn between them, as one inline SVG element.
// Colours, widths and fonts come from CSS classes (style.cpp), so that a plot follows the page's
// light or dark scheme. Coordinates are data coordinates unless they are named pixels.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::report {

struct Tick {
  double value = 0;
  std::string label;
};

enum class Scale { kLinear, kLog };

struct Axis {
  std::string title;  // with its unit
  double low = 0, high = 1;
  Scale scale = Scale::kLinear;
  std::vector<Tick> ticks = {};
  bool grid = true;
};

struct Point {
  double x = 0, y = 0;
};

enum class Marker { kCircle, kSquare, kTriangle, kDiamond, kTriangleDown, kCross };

enum class Anchor { kStart, kMiddle, kEnd };

/// The width of a text in pixels at the plots' font size; an estimate that errs on the wide side.
double text_width(std::string_view text);

/// The marker alone, for legends: SVG elements centred on (x, y) pixels.
std::string marker_svg(Marker marker, double x, double y, double radius,
                       std::string_view css_class);

class Plot {
 public:
  static constexpr double kWidth = 480;  // pixels; the page scales it to the column

  /// `description` is what a screen reader says. `left` leaves room for the y axis' labels.
  Plot(std::string_view description, Axis x, Axis y, double height, double left);

  void line(std::span<const Point> points, std::string_view css_class);
  void scatter(std::span<const Point> points, Marker marker, double radius,
               std::string_view css_class);
  /// A rectangle between two corners: a shaded band.
  void band(Point from, Point to, std::string_view css_class);
  /// A horizontal bar around y.
  void bar(double from_x, double to_x, double y, double thickness_pixels,
           std::string_view css_class);
  /// A horizontal interval with end caps.
  void whisker(double low_x, double high_x, double y, std::string_view css_class);
  /// The label stands above the line or below it, at its left or right end.
  void horizontal_rule(double y, std::string_view label, Anchor end, bool below = false);
  void vertical_rule(double x, std::string_view label);
  void text(Point at, std::string_view text, Anchor anchor, double dx_pixels, double dy_pixels,
            std::string_view css_class);
  /// A thin line from a point to a label that had to move away from it.
  void leader(Point from, double dx_pixels, double dy_pixels);

  /// Pixel position of a data coordinate.
  double pixel_x(double x) const;
  double pixel_y(double y) const;
  double top() const { return kTop; }
  double bottom() const;

  std::string svg() const;

 private:
  static constexpr double kTop = 12, kRight = 16, kBottom = 46;

  void draw_axes();
  double right() const { return kWidth - kRight; }

  Axis x_, y_;
  double height_, left_;
  std::string description_;
  std::string axes_, body_;
};

}  // namespace clipstill::report
