#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "metrics/calibration.h"
#include "report/format.h"

namespace clipstill::report {
namespace {

std::string missing_cell() {
  return std::string(kMissing);
}

TableRow row_of(const ModelSummary& model) {
  return {.cells = {model.name}, .highlighted = model.headline};
}

std::string zero_shot_key(const std::string& language) {
  return language + "/zero_shot/accuracy";
}

std::string positive_magnitude(int64_t value) {
  return value > 0 ? magnitude(static_cast<double>(value)) : missing_cell();
}

std::string training_time(const ModelSummary& model) {
  // A teacher that was given, not trained here, took no time; that is not a measurement.
  return model.train_seconds.mean > 0 ? duration(model.train_seconds.mean) : missing_cell();
}

}  // namespace

Table summary_table(const Summary& summary) {
  Table table{.caption = "",
              .header = {"model", "parameters", "% of teacher", "mean recall@1 (%)",
                         "retention (%)", "gain over native (points)"},
              .rows = {}};
  for (const std::string& language : summary.languages) {
    table.header.push_back(language + " zero-shot (%)");
  }
  table.header.push_back("training time");
  for (const ModelSummary& model : summary.models) {
    TableRow row = row_of(model);
    row.cells.push_back(positive_magnitude(model.total_parameters));
    row.cells.push_back(percent_number(model.parameter_share));
    row.cells.push_back(percent_over_runs(model.metric(kMeanRecall)));
    if (model.failed > 0) {
      row.cells.back() += fmt::format(" ({} seeds)", finished_runs(model.runs, model.failed));
    }
    const bool reference = model.role == Role::kTeacher && model.retention;
    row.cells.push_back(reference ? percent_number(1) : percent_interval(model.retention));
    row.cells.push_back(points_interval(model.gain));
    for (const std::string& language : summary.languages) {
      row.cells.push_back(percent_over_runs(model.metric(zero_shot_key(language))));
    }
    row.cells.push_back(training_time(model));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string loss_explanation(const Summary& summary) {
  std::string text =
      "The weight of each loss, as the config that is saved with every run has it; – is a loss "
      "that is off, a → b a weight that changes over training. What else a loss is set to, such "
      "as loss.kl.temperature, is in the config.toml of the run.";
  if (const ModelSummary* headline = summary.headline()) {
    text += fmt::format(
        " The last column is the mean recall@1 on the test data less that of {}, of the same seeds "
        "and queries, with its 95 % interval.",
        headline->name);
  }
  return text;
}

Table loss_table(const Summary& summary) {
  Table table{.caption = "", .header = {"model"}, .rows = {}};
  for (const std::string& loss : summary.losses) table.header.push_back(loss);
  table.header.push_back("mean recall@1 (%)");
  const ModelSummary* headline = summary.headline();
  if (headline != nullptr) {
    table.header.push_back(fmt::format("difference to {} (points)", headline->name));
  }
  for (const ModelSummary& model : summary.models) {
    if (model.role == Role::kTeacher) continue;
    TableRow row = row_of(model);
    for (const SharedWeight& loss : model.losses) {
      row.cells.push_back(loss.weight ? loss_weight(*loss.weight) : "differs by seed");
    }
    if (model.losses.empty()) row.cells.resize(1 + summary.losses.size(), "not known");
    row.cells.push_back(percent_over_runs(model.metric(kMeanRecall)));
    if (headline != nullptr) row.cells.push_back(points_interval(model.to_headline));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table parameter_table(const Summary& summary) {
  Table table{.caption = "", .header = {"model"}, .rows = {}};
  for (const std::string& component : summary.components) table.header.push_back(component);
  for (const char* title : {"total", "% of teacher", "FLOPs image", "FLOPs text"}) {
    table.header.push_back(title);
  }
  for (const ModelSummary& model : summary.models) {
    TableRow row = row_of(model);
    for (const std::string& component : summary.components) {
      const auto found = model.parameters.find(component);
      row.cells.push_back(found == model.parameters.end() ? missing_cell() : count(found->second));
    }
    row.cells.push_back(model.total_parameters > 0 ? count(model.total_parameters)
                                                   : missing_cell());
    row.cells.push_back(percent_number(model.parameter_share));
    row.cells.push_back(positive_magnitude(model.flops_image));
    row.cells.push_back(positive_magnitude(model.flops_text));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<Table> retrieval_tables(const Summary& summary) {
  std::vector<Table> tables;
  for (const std::string& language : summary.languages) {
    for (const Direction& direction : kDirections) {
      Table table{.caption = fmt::format("{}, {} (%)", language, direction.label),
                  .header = {"model", "recall@1", "recall@5", "recall@10"},
                  .rows = {}};
      for (const ModelSummary& model : summary.models) {
        TableRow row = row_of(model);
        for (const int k : {1, 5, 10}) {
          row.cells.push_back(
              percent_over_runs(model.metric(recall_key(language, direction.key, k))));
        }
        table.rows.push_back(std::move(row));
      }
      tables.push_back(std::move(table));
    }
  }
  if (summary.languages.empty()) return tables;
  Table zero_shot{.caption = "Zero-shot accuracy (%)", .header = {"model"}, .rows = {}};
  for (const std::string& language : summary.languages) zero_shot.header.push_back(language);
  for (const ModelSummary& model : summary.models) {
    TableRow row = row_of(model);
    for (const std::string& language : summary.languages) {
      row.cells.push_back(percent_over_runs(model.metric(zero_shot_key(language))));
    }
    zero_shot.rows.push_back(std::move(row));
  }
  tables.push_back(std::move(zero_shot));
  return tables;
}

std::string calibration_explanation(const Summary& summary) {
  return fmt::format(
      "How true the probabilities are: softmax(scale / T × cosine) over the labels of the "
      "validation data, zero-shot; the test data was not looked at. ECE is how far the confidence "
      "is from the share that is right, in 15 bins; NLL is the mean of −log of the right label’s "
      "probability. The T of the table, looked for from {:g} to {:g}, has the least NLL: above 1, "
      "the model is surer than it is right. That of {} is a hint for loss.kl.temperature, not a "
      "measured recipe.",
      metrics::kMinTemperature, metrics::kMaxTemperature, summary.teacher().name);
}

std::vector<Table> calibration_tables(const Summary& summary) {
  if (!summary.is_calibrated()) return {};
  std::vector<Table> tables;
  for (const std::string& language : summary.languages) {
    Table table{.caption = language,
                .header = {"model", "scale", "ECE (%)", "NLL", "T", "ECE at T (%)", "NLL at T"},
                .rows = {}};
    for (const ModelSummary& model : summary.models) {
      const auto of = [&](const char* name) {
        const auto found = model.calibration.find(language + "/" + name);
        return found == model.calibration.end() ? Statistic{} : found->second;
      };
      TableRow row = row_of(model);
      row.cells.push_back(fixed_over_runs(of("scale"), 1));
      row.cells.push_back(percent_over_runs(of("ece")));
      row.cells.push_back(fixed_over_runs(of("nll"), 3));
      row.cells.push_back(fixed_over_runs(of("temperature"), 2));
      row.cells.push_back(percent_over_runs(of("fitted_ece")));
      row.cells.push_back(fixed_over_runs(of("fitted_nll"), 3));
      table.rows.push_back(std::move(row));
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

Table training_table(const Summary& summary) {
  Table table{
      .caption = "",
      .header = {"model", "runs", "steps", "time per run", "samples/s", "waiting for data (%)",
                 "native's final score at step", "% of native's steps", "after"},
      .rows = {}};
  for (const ModelSummary& model : summary.models) {
    if (model.role == Role::kTeacher) continue;
    TableRow row = row_of(model);
    row.cells.push_back(finished_runs(model.runs, model.failed));
    row.cells.push_back(count(model.steps.mean));
    row.cells.push_back(training_time(model));
    row.cells.push_back(count(model.samples_per_second.mean));
    row.cells.push_back(percent_number(model.loader_share.mean));
    const NativeReach& reach = model.native_reach;
    row.cells.push_back(native_reach(reach, count(reach.step.mean)));
    row.cells.push_back(percent_over_runs(reach.share_of_steps));
    row.cells.push_back(duration(reach.seconds.mean));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string native_reach_explanation(const CurvePoint& native_final) {
  return fmt::format(
      "Native ends at a validation recall@1 of {} after {} steps (mean over seeds). The last "
      "columns give the first evaluation at which a run is at least where native of its seed ends: "
      "means over seeds, where all seeds get there.",
      percent(native_final.value), count(native_final.step));
}

Table native_reach_table(const Summary& summary) {
  Table table{.caption = "", .header = {"model"}, .rows = {}};
  for (const int64_t seed : summary.seeds) table.header.push_back(fmt::format("seed {}", seed));
  for (const ModelSummary& model : summary.models) {
    if (model.role == Role::kTeacher) continue;
    TableRow row = row_of(model);
    for (const int64_t seed : summary.seeds) {
      const auto& seeds = model.native_reach.seeds;
      const auto found = std::find_if(seeds.begin(), seeds.end(),
                                      [&](const SeedReach& one) { return one.seed == seed; });
      if (found == seeds.end()) {
        row.cells.push_back(missing_cell());
      } else if (const auto& reached = found->reached) {
        row.cells.push_back(fmt::format("{} ({}, {})", count(static_cast<double>(reached->step)),
                                        percent(reached->share_of_steps),
                                        duration(reached->seconds)));
      } else {
        row.cells.push_back("not reached");
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string agreement_explanation(const Comparison& comparison, const Summary& summary) {
  return fmt::format(
      "Test queries by who answers them right at rank 1: {} and the first seed of {}. The examples "
      "are spread evenly over the queries that only one of them answers right, not picked.",
      summary.teacher().name, comparison.headline);
}

Table agreement_table(const Comparison& comparison, const Summary& summary) {
  const std::string& teacher = summary.teacher().name;
  Table table{.caption = "",
              .header = {"queries", "both right", "only " + teacher + " right",
                         "only " + comparison.headline + " right", "both wrong"},
              .rows = {}};
  for (const Agreement& here : comparison.agreement) {
    const auto direction =
        std::find_if(std::begin(kDirections), std::end(kDirections),
                     [&](const Direction& one) { return one.key == here.direction; });
    const std::string label =
        direction == std::end(kDirections) ? here.direction : direction->label;
    TableRow row{.cells = {here.language + ", " + label}};
    const auto counts = {here.both_right, here.only_teacher, here.only_student, here.both_wrong};
    const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
    for (const int64_t queries : counts) {
      const auto number = static_cast<double>(queries);
      row.cells.push_back(fmt::format("{} ({})", count(number), percent(number / all)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table curve_table(const Summary& summary, int max_rows) {
  Table table{.caption = "", .header = {"step"}, .rows = {}};
  std::set<int64_t> all_steps;
  std::vector<const ModelSummary*> models;
  for (const ModelSummary& model : summary.models) {
    if (model.mean_curve.empty()) continue;
    models.push_back(&model);
    table.header.push_back(model.name);
    for (const CurvePoint& point : model.mean_curve) all_steps.insert(point.step);
  }
  const std::vector<int64_t> steps(all_steps.begin(), all_steps.end());
  const size_t rows = std::min(steps.size(), static_cast<size_t>(max_rows));
  for (size_t i = 1; i <= rows; ++i) {
    const int64_t step = steps[i * steps.size() / rows - 1];
    TableRow row{.cells = {count(step)}};
    for (const ModelSummary* model : models) {
      const auto point = std::find_if(model->mean_curve.begin(), model->mean_curve.end(),
                                      [&](const CurvePoint& p) { return p.step == step; });
      row.cells.push_back(point == model->mean_curve.end() ? missing_cell()
                                                           : percent_number(point->value));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace clipstill::report
