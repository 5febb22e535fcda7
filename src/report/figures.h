// The report's figures, each an SVG element and what its legend needs; empty where the summary
// has nothing to draw.
#pragma once

#include <string>

#include "report/summary.h"
#include "report/svg_plot.h"

namespace clipstill::report {

enum class CurveAxis { kStep, kSeconds };

std::string learning_curves(const Summary& summary, CurveAxis axis);
/// With the front of the students where they differ in size.
std::string retention_against_parameters(const Summary& summary);
bool students_differ_in_size(const Summary& summary);
std::string retention_bars(const Summary& summary);
std::string gain_bars(const Summary& summary);
/// Stacked by component; with the teacher's bar the students' are to its scale.
std::string component_bars(const Summary& summary, bool with_teacher);

/// How a model looks in every figure: colour class and marker.
struct SeriesStyle {
  std::string css_class;
  Marker marker = Marker::kCircle;
};
SeriesStyle series_style(const ModelSummary& model);

/// Colour class of the n-th component in the stacked bars.
std::string component_class(size_t index);

}  // namespace clipstill::report
