// The report as Markdown: the same tables and statements; the curves as a table.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/escape.h"
#include "report/format.h"
#include "report/summary.h"
#include "report/table.h"

namespace clipstill::report {
namespace {

std::string markdown_table(const Table& table) {
  std::string text;
  if (!table.caption.empty()) text += "**" + escape_markdown(table.caption) + "**\n\n";
  for (const std::string& title : table.header) text += "| " + escape_markdown(title) + " ";
  text += "|\n";
  for (size_t i = 0; i < table.header.size(); ++i) text += i == 0 ? "| --- " : "| ---: ";
  text += "|\n";
  for (const TableRow& row : table.rows) {
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const std::string cell = escape_markdown(row.cells[i]);
      text += row.highlighted && i == 0 ? "| **" + cell + "** " : "| " + cell + " ";
    }
    text += "|\n";
  }
  return text + "\n";
}

std::string list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += "- " + escape_markdown(item) + "\n";
  return text + "\n";
}

std::string markdown_descriptions(const Summary& summary) {
  std::string text;
  for (const ModelSummary& model : summary.models) {
    if (model.description.empty()) continue;
    text +=
        fmt::format("- {}: {}\n", escape_markdown(model.name), escape_markdown(model.description));
  }
  return text.empty() ? "" : text + "\n";
}

std::string markdown_loss_section(const Summary& summary) {
  std::string text = "## What each variant trains with\n\n";
  if (summary.losses.empty()) return text + "The losses of the variants are not known.\n\n";
  return text + escape_markdown(loss_explanation(summary)) + "\n\n" +
         markdown_table(loss_table(summary));
}

std::string markdown_category_section(const Summary& summary) {
  const std::vector<Table> tables = category_tables(summary);
  if (tables.empty()) return "";
  std::string text = "## By category\n\n" + escape_markdown(kCategories) + "\n\n";
  for (const Table& table : tables) text += markdown_table(table);
  return text;
}

std::string markdown_calibration_section(const Summary& summary) {
  std::string text = "## Calibration of the soft labels\n\n";
  const std::vector<Table> tables = calibration_tables(summary);
  if (tables.empty()) return text + "The calibration was not measured.\n\n";
  text += escape_markdown(calibration_explanation(summary)) + "\n\n";
  for (const Table& table : tables) text += markdown_table(table);
  return text;
}

std::string markdown_training_section(const Summary& summary) {
  std::string text = "## Training cost and steps to native’s score\n\n";
  if (const CurvePoint* final = summary.native_final()) {
    text += native_reach_explanation(*final) + "\n\n";
  } else {
    text += "Native has no validation curve, so there is no score to reach.\n\n";
  }
  text += markdown_table(training_table(summary));
  if (summary.seeds.size() > 1) {
    text += std::string(kReachBySeed) + "\n\n" + markdown_table(native_reach_table(summary));
  }
  return text;
}

std::string markdown_disagreement_section(const Comparison& comparison, const Summary& summary) {
  const std::vector<Example>& examples = comparison.examples;
  std::string text = "## Where teacher and student disagree\n\n";
  if (!comparison.agreement.empty()) {
    text += escape_markdown(agreement_explanation(comparison, summary)) + "\n\n" +
            markdown_table(agreement_table(comparison, summary));
  }
  if (examples.empty()) return text + "There are no nearest-neighbour examples.\n\n";
  text += "Best first, among the held-out data; ✓ marks the right ones.\n\n";
  for (size_t at = 0; at < examples.size(); ++at) {
    const Example& example = examples[at];
    if (at == 0 || example.only_right != examples[at - 1].only_right) {
      text += (at == 0 ? "### " : "\n### ") + escape_markdown(only_right_heading(example)) + "\n\n";
    }
    text += fmt::format("- {}, {}{}:", escape_markdown(example.model),
                        example.query_png.empty() ? "text " : "image ",
                        "“" + escape_markdown(example.query) + "”");
    if (example.neighbours.empty()) text += " no neighbours were given";
    text += "\n";
    for (size_t i = 0; i < example.neighbours.size(); ++i) {
      const Neighbour& neighbour = example.neighbours[i];
      text += fmt::format("  {}. {} {}\n", i + 1, neighbour.correct ? "✓" : "✗",
                          escape_markdown(neighbour.caption));
    }
  }
  return text + "\n";
}

std::string markdown_provenance_section(const Comparison& comparison, const Summary& summary) {
  const auto plain = [](const std::string& value) {
    return value.empty() ? "not recorded" : escape_markdown(value);
  };
  const auto code = [](const std::string& value) {
    return value.empty() ? "not recorded" : markdown_code(value);
  };
  return fmt::format(
      "## Provenance\n\n- Date: {}\n- Machine: {}\n- Commit: {}\n- Command: {}\n- Seeds: {}\n",
      plain(comparison.date), plain(comparison.machine), code(comparison.commit),
      code(comparison.command), plain(fmt::format("{}", fmt::join(summary.seeds, ", "))));
}

}  // namespace

std::string to_markdown(const Comparison& comparison) {
  const Summary summary = summarise(comparison);
  std::string text = fmt::format(
      "# {}\n\n",
      escape_markdown(comparison.title.empty() ? "Comparison of students" : comparison.title));
  if (!comparison.data.empty()) text += escape_markdown(comparison.data) + "\n\n";
  text += "**" + escape_markdown(summary.verdict.text()) + "**\n\n";
  text +=
      "## Summary\n\n" + markdown_table(summary_table(summary)) + markdown_descriptions(summary);
  text += markdown_loss_section(summary);
  text += "## Learning curves\n\n";
  const Table curves = curve_table(summary, /*max_rows=*/12);
  text += curves.rows.empty()
              ? "There are no validation curves.\n\n"
              : "Mean validation recall@1 (%) over seeds.\n\n" + markdown_table(curves);
  text += "## Parameters by component\n\n" + markdown_table(parameter_table(summary));
  text += "## Retrieval and zero-shot by language\n\n";
  const std::vector<Table> tables = retrieval_tables(summary);
  if (tables.empty()) text += "No languages are listed.\n\n";
  for (const Table& table : tables) text += markdown_table(table);
  text += markdown_category_section(summary) + markdown_calibration_section(summary) +
          markdown_training_section(summary) + markdown_disagreement_section(comparison, summary);
  text += "## Notes\n\n" + (comparison.notes.empty() ? "No notes.\n\n" : list(comparison.notes));
  if (!summary.missing.empty()) text += "## What is missing\n\n" + list(summary.missing);
  return text + markdown_provenance_section(comparison, summary);
}

}  // namespace clipstill::report
