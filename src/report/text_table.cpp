// The terminal's table: quantities down, models across, so that it grows with the models only.
// Wider than kMaxColumns it continues in a second block below.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/format.h"
#include "report/summary.h"

namespace clipstill::report {
namespace {

constexpr int kMaxColumns = 100;
constexpr int kNameColumns = 24;  // longer names are cut

struct Line {
  std::string label;
  std::vector<std::string> cells;  // one per model
};

std::vector<Line> lines_of(const Summary& summary) {
  std::vector<Line> lines;
  const auto add = [&](const std::string& label, const auto& cell_of) {
    Line line{.label = label, .cells = {}};
    for (const ModelSummary& model : summary.models) line.cells.push_back(cell_of(model));
    lines.push_back(std::move(line));
  };
  const auto rule = [&] { lines.push_back({}); };
  const auto or_missing = [](bool known, auto&& text) {
    return known ? std::string(text()) : std::string(kMissing);
  };

  for (const std::string& component : summary.components) {
    add("parameters, " + component, [&](const ModelSummary& model) {
      const auto found = model.parameters.find(component);
      return or_missing(found != model.parameters.end(), [&] { return count(found->second); });
    });
  }
  add("parameters, total", [&](const ModelSummary& model) {
    return or_missing(model.total_parameters > 0, [&] { return count(model.total_parameters); });
  });
  add("% of the teacher",
      [](const ModelSummary& model) { return percent_number(model.parameter_share); });
  rule();
  for (const std::string& language : summary.languages) {
    for (const Direction& direction : kDirections) {
      for (const int k : {1, 5}) {
        add(fmt::format("{} {} recall@{} (%)", language, direction.label, k),
            [&](const ModelSummary& model) {
              return percent_over_runs(model.metric(recall_key(language, direction.key, k)));
            });
      }
    }
    add(language + " zero-shot (%)", [&](const ModelSummary& model) {
      return percent_over_runs(model.metric(language + "/zero_shot/accuracy"));
    });
  }
  add("mean recall@1 (%)",
      [](const ModelSummary& model) { return percent_over_runs(model.metric(kMeanRecall)); });
  rule();
  add("retention (%)", [&](const ModelSummary& model) {
    return or_missing(model.retention.has_value(),
                      [&] { return percent_number(model.retention->value); });
  });
  add("  95 % interval", [&](const ModelSummary& model) {
    return or_missing(model.retention && model.role != Role::kTeacher,
                      [&] { return percent_bounds(*model.retention); });
  });
  add("gain over native (points)", [&](const ModelSummary& model) {
    return or_missing(model.gain.has_value(), [&] { return points(model.gain->value); });
  });
  add("  95 % interval", [&](const ModelSummary& model) {
    return or_missing(model.gain.has_value(), [&] { return points_bounds(*model.gain); });
  });
  add("native's score at % of steps", [](const ModelSummary& model) {
    const NativeReach& reach = model.native_reach;
    return native_reach(reach, percent_over_runs(reach.share_of_steps));
  });
  add("training time", [&](const ModelSummary& model) {
    return or_missing(model.train_seconds.mean > 0,
                      [&] { return duration(model.train_seconds.mean); });
  });
  const auto& models = summary.models;
  if (std::any_of(models.begin(), models.end(),
                  [](const auto& model) { return model.failed > 0; })) {
    add("finished runs",
        [](const ModelSummary& model) { return finished_runs(model.runs, model.failed); });
  }
  return lines;
}

std::string pad(const std::string& text, int columns, bool right) {
  const std::string spaces(static_cast<size_t>(std::max(0, columns - display_width(text))), ' ');
  return right ? spaces + text : text + spaces;
}

/// The models [first, last) with the labels on the left.
std::string block(const std::vector<std::string>& names, const std::vector<Line>& lines,
                  const std::vector<int>& widths, int label_width, size_t first, size_t last) {
  std::string rule(static_cast<size_t>(label_width), '-');
  std::string text = pad("", label_width, false);
  for (size_t i = first; i < last; ++i) {
    text += "  " + pad(names[i], widths[i], true);
    rule += "  " + std::string(static_cast<size_t>(widths[i]), '-');
  }
  text += "\n" + rule + "\n";
  for (const Line& line : lines) {
    if (line.cells.empty()) {
      text += rule + "\n";
      continue;
    }
    text += pad(line.label, label_width, false);
    for (size_t i = first; i < last; ++i) text += "  " + pad(line.cells[i], widths[i], true);
    text += "\n";
  }
  return text;
}

}  // namespace

std::string text_table(const Comparison& comparison) {
  const Summary summary = summarise(comparison);
  std::vector<Line> lines = lines_of(summary);
  int label_width = 0;
  for (Line& line : lines) {
    line.label = shorten(line.label, 2 * kNameColumns);
    label_width = std::max(label_width, display_width(line.label));
  }
  std::vector<std::string> names;
  std::vector<int> widths;
  for (size_t i = 0; i < summary.models.size(); ++i) {
    names.push_back(shorten(summary.models[i].name, kNameColumns));
    int width = display_width(names.back());
    for (const Line& line : lines) {
      if (!line.cells.empty()) width = std::max(width, display_width(line.cells[i]));
    }
    widths.push_back(width);
  }

  std::string text;
  for (size_t first = 0; first < names.size();) {
    int columns = label_width;
    size_t last = first;
    while (last < names.size() && (last == first || columns + 2 + widths[last] <= kMaxColumns)) {
      columns += 2 + widths[last++];
    }
    if (first > 0) text += "\n";
    text += block(names, lines, widths, label_width, first, last);
    first = last;
  }
  return text;
}

}  // namespace clipstill::report
