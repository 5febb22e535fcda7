// Plots of a score against the number of parameters, and the front of what no other model beats.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/figures.h"
#include "report/svg_plot.h"

namespace clipstill::report {

/// Indices of the points that no other beats, by ascending x: at no smaller x, or the same, is
/// there a y as high. Of equal points the first; those that are not finite are left out.
std::vector<size_t> pareto_front(std::span<const Point> points);

/// A model as a point (x: parameters, y: a share in [0, 1]).
struct SizedScore {
  std::string label;  // empty: the mark alone
  Point at;
  SeriesStyle style;
};

/// The axes alone, wide enough for all of `points`, of which there is one at least.
Plot size_plot(std::string_view description, std::string_view y_title,
               std::span<const Point> points);

/// A step at each point of the front, as far as the largest of `points`: the score that can be had
/// with at most so many parameters. Nothing where all have the same.
void draw_front(Plot& plot, std::span<const Point> points);

/// The marks and, moved apart, their labels.
void draw_scores(Plot& plot, const std::vector<SizedScore>& scores);

}  // namespace clipstill::report
