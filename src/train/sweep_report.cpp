// The ranking as JSON, as Markdown, and as rows of text.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/escape.h"
#include "report/format.h"
#include "train/sweep.h"

namespace clipstill::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;

// `settings` keys or values stand behind the rank.
std::string markdown_row(const std::vector<std::string>& cells, size_t settings) {
  std::string row = "|";
  for (size_t i = 0; i < cells.size(); ++i) {
    const bool is_setting = i >= 1 && i <= settings;
    row += fmt::format(" {} |", is_setting ? report::markdown_code(cells[i]) : cells[i]);
  }
  return row + "\n";
}

}  // namespace

bool differ_in_size(const Sweep& sweep) {
  const auto& points = sweep.points;
  return std::ranges::adjacent_find(points, std::ranges::not_equal_to(), &SweepPoint::parameters) !=
         points.end();
}

std::vector<std::vector<std::string>> table_rows(const Sweep& sweep) {
  std::vector<std::vector<std::string>> rows{{"rank"}};
  rows.front().insert(rows.front().end(), sweep.keys.begin(), sweep.keys.end());
  const bool with_size = differ_in_size(sweep);
  if (with_size) rows.front().push_back("parameters");
  rows.front().push_back("validation recall@1 (%)");
  rows.front().push_back("best at step");
  for (const auto& point : sweep.points) {
    std::vector<std::string> row{std::to_string(rows.size())};
    row.insert(row.end(), point.values.begin(), point.values.end());
    if (with_size) row.push_back(report::count(static_cast<double>(point.parameters)));
    row.push_back(report::percent_over_runs(point.score));
    if (!point.failed.empty()) {
      row.back() += fmt::format(
          " ({} seeds)", report::finished_runs(std::ssize(point.runs), std::ssize(point.failed)));
    }
    StringList steps;
    for (const auto& run : point.runs) {
      steps.push_back(report::count(static_cast<double>(run.best_step)));
    }
    row.push_back(fmt::format("{}", fmt::join(steps, "; ")));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string to_json(const Sweep& sweep) {
  Json points = Json::array();
  for (const auto& point : sweep.points) {
    Json values = Json::object(), runs = Json::array(), failed = Json::array();
    for (size_t i = 0; i < sweep.keys.size(); ++i) values[sweep.keys[i]] = point.values[i];
    for (const auto& run : point.runs) {
      runs.push_back({{"seed", run.seed},
                      {"folder", run.folder},
                      {"validation_recall@1", run.score},
                      {"best_step", run.best_step}});
    }
    for (const auto& run : point.failed) {
      failed.push_back({{"seed", run.seed}, {"reason", run.reason}});
    }
    const auto number = [](double value) {
      return std::isfinite(value) ? Json(value) : Json(nullptr);
    };
    points.push_back({{"rank", points.size() + 1},
                      {"values", values},
                      {"parameters", point.parameters},
                      {"validation_recall@1",
                       {{"mean", number(point.score.mean)},
                        {"sd", number(point.score.sd)},
                        {"runs", point.score.runs}}},
                      {"runs", runs},
                      {"failed_runs", failed}});
  }
  const Json root{
      {"format", "clipstill-sweep"},
      {"format_version", kFormatVersion},
      {"config", sweep.config},
      {"variant", sweep.variant},
      {"ranked_by", "validation_recall@1"},
      {"teacher_validation_recall@1", sweep.teacher_score ? Json(*sweep.teacher_score) : Json()},
      {"points", points},
      {"command", sweep.command}};
  return root.dump(1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string to_markdown(const Sweep& sweep) {
  std::string text = fmt::format(
      "# Sweep of {}{}\n\n", report::escape_markdown(sweep.config),
      sweep.variant.empty() ? "" : ", variant " + report::escape_markdown(sweep.variant));
  text += std::string(kHowRanked) + "\n\n";
  const auto rows = table_rows(sweep);
  text += markdown_row(rows.front(), sweep.keys.size());
  text += "|" + std::string(" ---: |");
  for (size_t i = 1; i < rows.front().size(); ++i) text += " ---: |";
  text += "\n";
  for (size_t i = 1; i < rows.size(); ++i) {
    text += markdown_row(rows[i], sweep.keys.size());
  }
  text += sweep.command.empty()
              ? "\nNo run came to its end.\n"
              : "\nThe best one, trained alone with the first seed that came to its end:\n\n    " +
                    sweep.command + "\n";
  for (const auto& point : sweep.points) {
    for (const auto& run : point.failed) {
      text += fmt::format("\n{} with seed {} failed and is in no number: {}\n",
                          report::markdown_code(point.name), run.seed,
                          report::escape_markdown(run.reason));
    }
  }
  return text;
}

}  // namespace clipstill::train
