// Retention against parameters: what a model keeps for its size, and where the budget lies.
#include <algorithm>

#include "report/figures.h"
#include "report/format.h"
#include "report/size_plot.h"

namespace clipstill::report {

bool students_differ_in_size(const Summary& summary) {
  std::vector<int64_t> sizes;
  for (const ModelSummary& model : summary.models) {
    if (model.role == Role::kTeacher || !model.retention || model.total_parameters <= 0) continue;
    sizes.push_back(model.total_parameters);
  }
  return std::ranges::adjacent_find(sizes, std::ranges::not_equal_to()) != sizes.end();
}

std::string retention_against_parameters(const Summary& summary) {
  std::vector<SizedScore> scores;
  std::vector<Point> students, shown;
  for (const ModelSummary& model : summary.models) {
    if (!model.retention || model.total_parameters <= 0) continue;
    const Point at{static_cast<double>(model.total_parameters), model.retention->value};
    scores.push_back({model.name, at, series_style(model)});
    shown.push_back(at);
    if (model.role != Role::kTeacher) students.push_back(at);
  }
  if (scores.empty()) return "";

  const double teacher_size = static_cast<double>(summary.teacher().total_parameters);
  const double size_limit = teacher_size * summary.max_parameter_share;
  const double shown_size = size_limit > 0 ? size_limit : shown.front().x;
  shown.push_back({shown_size, summary.min_retention});
  shown.push_back({shown_size, 1});

  Plot plot = size_plot("Retention of the teacher's recall@1 against the number of parameters",
                        "retention (%)", shown);
  if (size_limit > 0) {
    const Point corner{1, 1e3};  // beyond any axis, and so where they end
    plot.band({corner.x, summary.min_retention}, {size_limit, corner.y}, "within");
    plot.vertical_rule(size_limit,
                       "at most " + percent(summary.max_parameter_share) + " of the teacher");
  }
  // Above its right end stands the teacher.
  plot.horizontal_rule(summary.min_retention, "at least " + percent(summary.min_retention),
                       Anchor::kEnd, /*below=*/true);
  draw_front(plot, students);
  draw_scores(plot, scores);
  return plot.svg();
}

}  // namespace clipstill::report
