#include <fmt/format.h>

#include <array>

#include "report/figures.h"

namespace clipstill::report {

// Seven colours and five markers: the combinations repeat after 35 variants.
SeriesStyle series_style(const ModelSummary& model) {
  constexpr int kColours = 7;
  constexpr std::array kMarkers = {Marker::kSquare, Marker::kTriangle, Marker::kDiamond,
                                   Marker::kTriangleDown, Marker::kCross};
  switch (model.role) {
    case Role::kTeacher:
      return {.css_class = "teacher", .marker = Marker::kDiamond};
    case Role::kNative:
      return {.css_class = "native", .marker = Marker::kCircle};
    case Role::kDistilled:
      break;
  }
  const size_t index = static_cast<size_t>(model.distilled_index);
  return {.css_class = fmt::format("s{}", index % kColours),
          .marker = kMarkers[index % kMarkers.size()]};
}

std::string component_class(size_t index) {
  constexpr size_t kShades = 6;
  return fmt::format("k{}", index % kShades);
}

}  // namespace clipstill::report
