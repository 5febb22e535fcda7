// The ranking as a page, in the report's style.
#include <fmt/format.h>

#include "core/contains.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/html_parts.h"
#include "report/size_plot.h"
#include "train/sweep.h"

namespace clipstill::train {
namespace {

report::Table ranking(const Sweep& sweep) {
  const auto rows = table_rows(sweep);
  report::Table table{.caption = "", .header = rows.front(), .rows = {}};
  for (size_t i = 1; i < rows.size(); ++i) {
    table.rows.push_back({.cells = rows[i], .highlighted = i == 1});
  }
  return table;
}

// The points of the front have their ranks for labels: all of them would not be readable.
std::string score_against_parameters(const Sweep& sweep) {
  std::vector<report::SizedScore> scores;
  std::vector<report::Point> points;
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    const auto& point = sweep.points[i];
    if (point.runs.empty()) continue;
    points.push_back({static_cast<double>(point.parameters), point.score.mean});
    scores.push_back({std::to_string(i + 1), points.back(), {.css_class = "s0"}});
  }
  if (points.empty()) return "";
  const auto front = report::pareto_front(points);
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!contains(front, i)) scores[i].label.clear();
  }
  auto shown = points;
  if (sweep.teacher_score) shown.push_back({points.front().x, *sweep.teacher_score});
  auto plot = report::size_plot("Validation recall@1 against the number of parameters",
                                "validation recall@1 (%)", shown);
  if (sweep.teacher_score) {
    plot.horizontal_rule(*sweep.teacher_score,
                         "teacher's score " + report::percent(*sweep.teacher_score),
                         report::Anchor::kStart);
  }
  report::draw_front(plot, points);
  report::draw_scores(plot, scores);
  return plot.svg();
}

std::string size_section(const Sweep& sweep) {
  if (!differ_in_size(sweep)) return "";
  return "<h2>Score and size</h2><div class=\"grid\">" +
         report::figure("Validation recall@1 against parameters",
                        "The stepped line is the most that a student of at most this size scores; "
                        "its points have their ranks.",
                        score_against_parameters(sweep)) +
         "</div>\n";
}

std::string failures(const Sweep& sweep) {
  std::string items;
  for (const auto& point : sweep.points) {
    for (const auto& run : point.failed) {
      items +=
          fmt::format("<li>{} with seed {} failed and is in no number: {}</li>",
                      report::escape_html(point.name), run.seed, report::escape_html(run.reason));
    }
  }
  return items.empty() ? "" : "<h2>Failed runs</h2><ul class=\"notes\">" + items + "</ul>\n";
}

std::string best_section(const Sweep& sweep) {
  if (sweep.command.empty()) return report::absent("No run came to its end.");
  return "<p>The best one, trained alone with the first seed that came to its end:</p><p><code>" +
         report::escape_html(sweep.command) + "</code></p>\n";
}

}  // namespace

std::string to_html(const Sweep& sweep) {
  return report::html_page(fmt::format("Sweep of {}{}", sweep.config,
                                       sweep.variant.empty() ? "" : ", variant " + sweep.variant),
                           kHowRanked,
                           report::html_table(ranking(sweep)) + best_section(sweep) +
                               size_section(sweep) + failures(sweep));
}

}  // namespace clipstill::train
