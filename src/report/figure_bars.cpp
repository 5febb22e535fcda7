// Horizontal bars, one row per model: retention, gain over native, parameters by component.
#include <algorithm>
#include <functional>
#include <optional>

#include "report/escape.h"
#include "report/figures.h"
#include "report/format.h"
#include "report/ticks.h"

namespace clipstill::report {
namespace {

constexpr double kRowHeight = 34;     // pixels
constexpr double kBarThickness = 20;  // pixels
constexpr int kMarginColumns = 18;    // longer names are cut in the margin
constexpr double kAxisHeight = 58;    // pixels above and below the rows

/// Rows from the top down, at y = 0, -1, -2…
Axis row_axis(const std::vector<const ModelSummary*>& models) {
  const double rows = static_cast<double>(models.size());
  Axis axis{.title = "", .low = 0.5 - rows, .high = 0.5, .grid = false};
  for (size_t i = 0; i < models.size(); ++i) {
    axis.ticks.push_back({-static_cast<double>(i), shorten(models[i]->name, kMarginColumns)});
  }
  return axis;
}

double name_margin(const Axis& rows) {
  double widest = 40;
  for (const Tick& tick : rows.ticks) widest = std::max(widest, text_width(tick.label));
  return widest + 14;
}

Plot row_plot(std::string_view description, const Axis& x,
              const std::vector<const ModelSummary*>& models) {
  const Axis rows = row_axis(models);
  return Plot(description, x, rows, kAxisHeight + kRowHeight * static_cast<double>(models.size()),
              name_margin(rows));
}

std::vector<const ModelSummary*> select(const Summary& summary,
                                        const std::function<bool(const ModelSummary&)>& wanted) {
  std::vector<const ModelSummary*> models;
  for (const ModelSummary& model : summary.models) {
    if (wanted(model)) models.push_back(&model);
  }
  return models;
}

Axis share_axis(std::string title, double low, double high, std::string (*label)(double, int)) {
  Axis axis{.title = std::move(title), .low = low, .high = high};
  const std::vector<double> ticks = linear_ticks(low, high, 10);
  const int decimals = ticks.size() > 1 ? decimals_for(100 * (ticks[1] - ticks[0])) : 0;
  for (const double tick : ticks) axis.ticks.push_back({tick, label(100 * tick, decimals)});
  return axis;
}

std::string signed_fixed(double value, int decimals) {
  const std::string number = fixed(value, decimals);
  return value > 0 ? "+" + number : number;
}

struct IntervalBar {
  const ModelSummary* model;
  metrics::Interval interval;
  std::string label;
};

/// One row per bar, the values in a column at the right end of the axis, `right`.
void draw_interval_bars(Plot& plot, const std::vector<IntervalBar>& bars, double right) {
  double y = 0;
  for (const IntervalBar& bar : bars) {
    plot.bar(0, bar.interval.value, y, kBarThickness, "bar " + series_style(*bar.model).css_class);
    plot.whisker(bar.interval.low, bar.interval.high, y, "whisker");
    plot.text({right, y}, bar.label, Anchor::kEnd, 0, 4, "value");
    --y;
  }
}

}  // namespace

std::string retention_bars(const Summary& summary) {
  const auto models = select(summary, [](const ModelSummary& model) {
    return model.retention && model.role != Role::kTeacher;
  });
  if (models.empty()) return "";
  double high = 1;
  for (const ModelSummary* model : models) high = std::max(high, model->retention->high);
  // Half as much again leaves room for the values beside the bars.
  Axis x = share_axis("retention, % of the teacher's mean recall@1", 0, high * 1.5, fixed);
  std::erase_if(x.ticks, [&](const Tick& tick) { return tick.value > high + 0.05; });
  Plot plot = row_plot("Retention of each variant with its 95 % interval", x, models);
  std::vector<IntervalBar> bars;
  for (const ModelSummary* model : models) {
    bars.push_back({model, *model->retention, percent_interval(model->retention)});
  }
  plot.vertical_rule(summary.min_retention, "");
  draw_interval_bars(plot, bars, x.high);
  return plot.svg();
}

std::string gain_bars(const Summary& summary) {
  const auto models =
      select(summary, [](const ModelSummary& model) { return model.gain.has_value(); });
  if (models.empty()) return "";
  double low = 0, high = 0;
  for (const ModelSummary* model : models) {
    low = std::min({low, model->gain->low, model->gain->value});
    high = std::max({high, model->gain->high, model->gain->value});
  }
  const double range = std::max(high - low, 0.001);
  Axis x = share_axis("gain over native, points of mean recall@1", low - 0.04 * range,
                      high + 0.7 * range, signed_fixed);
  std::erase_if(x.ticks, [&](const Tick& tick) { return tick.value > high + 0.1 * range; });
  Plot plot = row_plot("Gain of each variant over native with its 95 % interval", x, models);
  std::vector<IntervalBar> bars;
  for (const ModelSummary* model : models) {
    bars.push_back({model, *model->gain, points_interval(model->gain)});
  }
  plot.vertical_rule(0, "");
  draw_interval_bars(plot, bars, x.high);
  return plot.svg();
}

std::string component_bars(const Summary& summary, bool with_teacher) {
  const auto models = select(summary, [&](const ModelSummary& model) {
    return model.total_parameters > 0 && (with_teacher || model.role != Role::kTeacher);
  });
  int64_t largest = 0;
  for (const ModelSummary* model : models) largest = std::max(largest, model->total_parameters);
  if (largest == 0) return "";
  const double high = static_cast<double>(largest);
  Axis x{.title = "parameters", .high = 1.36 * high};
  for (const double tick : linear_ticks(0, 1.04 * high, 6)) {
    x.ticks.push_back({tick, magnitude(tick)});
  }
  Plot plot = row_plot("Parameters of each model by component", x, models);
  for (size_t i = 0; i < models.size(); ++i) {
    const ModelSummary& model = *models[i];
    const double y = -static_cast<double>(i);
    double from = 0;
    for (size_t c = 0; c < summary.components.size(); ++c) {
      const auto found = model.parameters.find(summary.components[c]);
      if (found == model.parameters.end()) continue;
      const double to = from + static_cast<double>(found->second);
      plot.bar(from, to, y, kBarThickness, "part " + component_class(c));
      from = to;
    }
    std::string label = magnitude(from);
    if (model.parameter_share < 1) label += " (" + percent(model.parameter_share) + ")";
    plot.text({from, y}, label, Anchor::kStart, 7, 4, "value");
  }
  return plot.svg();
}

}  // namespace clipstill::report
