// The HTML page of a comparison: its sections in order.
#include <fmt/format.h>

#include "report/escape.h"
#include "report/figures.h"
#include "report/format.h"
#include "report/html_parts.h"
#include "report/summary.h"
#include "report/table.h"

namespace clipstill::report {
namespace {

/// A paragraph in which no line ends between a number and its percent sign.
std::string paragraph(std::string_view css_class, std::string_view text) {
  std::string html = escape_html(text);
  for (size_t at = 0; (at = html.find(" %", at)) != std::string::npos;) {
    html.replace(at, 1, "&#160;");
  }
  return css_class.empty() ? "<p>" + html + "</p>"
                           : fmt::format("<p class=\"{}\">{}</p>", css_class, html);
}

std::string measure(const std::string& name, const std::string& number,
                    const std::string& requirement, bool fulfilled) {
  return fmt::format(
      R"(<div class="{}"><dt>{}</dt><dd class="number">{}</dd>)"
      R"(<dd><span class="state">{}</span> <span class="quiet">{}</span></dd></div>)",
      fulfilled ? "fulfilled" : "failed", name, number,
      fulfilled ? "✓ met:" : "✗ not met:", requirement);
}

std::string verdict_section(const Summary& summary) {
  const Verdict& verdict = summary.verdict;
  const char* css_class = verdict.outcome == Outcome::kMet      ? "met"
                          : verdict.outcome == Outcome::kNotMet ? "not-met"
                                                                : "no-data";
  std::string section = fmt::format("<section class=\"verdict {}\"><h2>{}</h2><p>{}</p>", css_class,
                                    verdict.heading, escape_html(verdict.explanation));
  if (verdict.outcome != Outcome::kNoData) {
    const ModelSummary& model = *summary.headline();
    section += "<dl class=\"measures\">" +
               measure("Retention", percent(model.retention->value),
                       "at least " + percent(summary.min_retention), verdict.retention_met) +
               measure("Parameters, share of the teacher’s", percent(model.parameter_share),
                       "at most " + percent(summary.max_parameter_share), verdict.size_met) +
               "</dl>";
  }
  return section + "</section>\n";
}

std::string descriptions(const Summary& summary) {
  std::string items;
  for (const ModelSummary& model : summary.models) {
    if (model.description.empty()) continue;
    items += fmt::format("<dt>{}</dt><dd>{}</dd>", escape_html(model.name),
                         escape_html(model.description));
  }
  return items.empty() ? "" : "<dl class=\"variants\">" + items + "</dl>";
}

std::string summary_section(const Summary& summary) {
  return "<h2>Summary</h2>" + html_table(summary_table(summary)) +
         paragraph(
             "quiet",
             "Retention is the mean recall@1 over languages and directions divided "
             "by the teacher’s. Means and ± standard deviations are over seeds; brackets are 95 % "
             "intervals.") +
         descriptions(summary) + "\n";
}

std::string loss_section(const Summary& summary) {
  const std::string heading = "<h2>What each variant trains with</h2>";
  if (summary.losses.empty()) {
    return heading + absent("The losses of the variants are not known.") + "\n";
  }
  return heading + paragraph("", loss_explanation(summary)) + html_table(loss_table(summary)) +
         "\n";
}

std::string learning_section(const Summary& summary) {
  const Table values = curve_table(summary, /*max_rows=*/12);
  std::string section = "<h2>Learning curves</h2>" + series_legend(summary);
  section += "<div class=\"grid\">" +
             figure("Against steps", "Thin lines are seeds, the bold line is their mean.",
                    learning_curves(summary, CurveAxis::kStep)) +
             figure("Against time", "The same evaluations, by time spent in training.",
                    learning_curves(summary, CurveAxis::kSeconds)) +
             "</div>";
  if (!values.rows.empty()) {
    section += "<details><summary>Mean validation recall@1 (%) as a table</summary>" +
               html_table(values) + "</details>";
  }
  return section + "\n";
}

std::string budget_section(const Summary& summary) {
  std::string how_to_read = "The shaded corner is the budget; the teacher stands at 100 %.";
  if (students_differ_in_size(summary)) {
    how_to_read += " The stepped line is the most that a student of at most this size keeps.";
  }
  return "<h2>Retention and gain</h2><div class=\"grid\">" +
         figure("Retention against parameters", how_to_read,
                retention_against_parameters(summary)) +
         "<div class=\"stack\">" +
         figure("Retention per variant", "With 95 % intervals; the dashed line is the budget.",
                retention_bars(summary)) +
         figure("Gain over native", "With 95 % intervals, the same seeds compared.",
                gain_bars(summary)) +
         "</div></div>\n";
}

std::string parameters_section(const Summary& summary) {
  return "<h2>Parameters by component</h2>" + component_legend(summary) + "<div class=\"grid\">" +
         figure("With the teacher", "All models to one scale.", component_bars(summary, true)) +
         figure("Students", "To their own scale; in brackets the share of the teacher.",
                component_bars(summary, false)) +
         "</div>" + html_table(parameter_table(summary)) + "\n";
}

std::string retrieval_section(const Summary& summary) {
  std::string section = "<h2>Retrieval and zero-shot by language</h2>";
  const std::vector<Table> tables = retrieval_tables(summary);
  if (tables.empty()) return section + absent("No languages are listed.") + "\n";
  section += "<div class=\"grid\">";
  for (const Table& table : tables) section += html_table(table);
  return section + "</div>\n";
}

std::string category_section(const Summary& summary) {
  const std::vector<Table> tables = category_tables(summary);
  if (tables.empty()) return "";
  std::string section = "<h2>By category</h2>" + paragraph("", kCategories);
  for (const Table& table : tables) section += html_table(table);
  return section + "\n";
}

std::string calibration_section(const Summary& summary) {
  std::string section = "<h2>Calibration of the soft labels</h2>";
  const std::vector<Table> tables = calibration_tables(summary);
  if (tables.empty()) return section + absent("The calibration was not measured.") + "\n";
  section += paragraph("", calibration_explanation(summary)) + "<div class=\"grid\">";
  for (const Table& table : tables) section += html_table(table);
  return section + "</div>\n";
}

std::string training_section(const Summary& summary) {
  std::string section = "<h2>Training cost and steps to native’s score</h2>";
  if (const CurvePoint* final = summary.native_final()) {
    section += paragraph("", native_reach_explanation(*final));
  } else {
    section += absent("Native has no validation curve, so there is no score to reach.");
  }
  section += html_table(training_table(summary));
  if (summary.seeds.size() > 1) {
    section += paragraph("", kReachBySeed) + html_table(native_reach_table(summary));
  }
  return section + "\n";
}

std::string disagreement_section(const Comparison& comparison, const Summary& summary) {
  std::string section = "<h2>Where teacher and student disagree</h2>";
  if (!comparison.agreement.empty()) {
    section += paragraph("", agreement_explanation(comparison, summary)) +
               html_table(agreement_table(comparison, summary));
  }
  return section + html_examples(comparison.examples) + "\n";
}

std::string list_section(const char* title, const std::vector<std::string>& items,
                         const char* if_empty) {
  std::string section = fmt::format("<h2>{}</h2>", title);
  if (items.empty()) return section + absent(if_empty) + "\n";
  section += "<ul class=\"notes\">";
  for (const std::string& item : items) section += "<li>" + escape_html(item) + "</li>";
  return section + "</ul>\n";
}

}  // namespace

std::string to_html(const Comparison& comparison) {
  const Summary summary = summarise(comparison);
  std::string page = verdict_section(summary);
  page += summary_section(summary);
  page += loss_section(summary);
  page += learning_section(summary);
  page += budget_section(summary);
  page += parameters_section(summary);
  page += retrieval_section(summary);
  page += category_section(summary);
  page += calibration_section(summary);
  page += training_section(summary);
  page += disagreement_section(comparison, summary);
  page += list_section("Notes", comparison.notes, "No notes.");
  if (!summary.missing.empty()) page += list_section("What is missing", summary.missing, "");
  page += "<h2>Provenance</h2>" + html_provenance(comparison, summary.seeds) + "\n";
  return html_page(comparison.title.empty() ? "Comparison of students" : comparison.title,
                   comparison.data, page);
}

}  // namespace clipstill::report
