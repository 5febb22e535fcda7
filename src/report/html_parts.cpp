#include "report/html_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/escape.h"
#include "report/figures.h"
#include "report/style.h"

namespace clipstill::report {

namespace {

/// Where a cell's number ends and its spread begins: "60.3| ± 0.8", "96.5| [95.2, 97.9]".
size_t spread_of(const std::string& cell) {
  return std::min(cell.find(" ±"), cell.find(" ["));
}

/// Class of the spreads of a column; empty if it has none. Numbers without a spread leave the
/// same room, so that the digits of a column stand below each other.
std::string_view spread_class(const Table& table, size_t column) {
  for (const TableRow& row : table.rows) {
    const size_t spread = spread_of(row.cells[column]);
    if (spread != std::string::npos) return row.cells[column][spread + 1] == '[' ? "range" : "sd";
  }
  return "";
}

std::string number_cell(const std::string& cell, std::string_view spread) {
  if (spread.empty()) return "<td>" + escape_html(cell) + "</td>";
  const size_t end = std::min(cell.size(), spread_of(cell));
  return fmt::format(R"(<td>{}<span class="{}">{}</span></td>)", escape_html(cell.substr(0, end)),
                     spread, escape_html(cell.substr(end)));
}

}  // namespace

std::string html_page(std::string_view title, std::string_view subtitle, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
      "<title>{0}</title><style>{1}</style></head>\n<body><main>\n<header><h1>{0}</h1>"
      "<p class=\"quiet\">{2}</p></header>\n{3}</main></body></html>\n",
      escape_html(title), kStyleSheet, escape_html(subtitle), body);
}

std::string html_table(const Table& table) {
  std::string html = "<div class=\"scroll\"><table>";
  if (!table.caption.empty()) html += "<caption>" + escape_html(table.caption) + "</caption>";
  html += "<thead><tr>";
  for (const std::string& title : table.header) {
    html += "<th scope=\"col\">" + escape_html(title) + "</th>";
  }
  html += "</tr></thead><tbody>\n";
  for (const TableRow& row : table.rows) {
    html += row.highlighted ? "<tr class=\"headline\">" : "<tr>";
    for (size_t i = 0; i < row.cells.size(); ++i) {
      html += i == 0 ? "<th scope=\"row\">" + escape_html(row.cells[i]) + "</th>"
                     : number_cell(row.cells[i], spread_class(table, i));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>";
}

std::string absent(std::string_view sentence) {
  return "<p class=\"absent\">" + escape_html(sentence) + "</p>";
}

std::string figure(std::string_view title, std::string_view how_to_read, const std::string& svg) {
  const std::string caption = fmt::format("<b>{}</b>", escape_html(title));
  if (svg.empty()) {
    return "<figure><figcaption>" + caption + "</figcaption>" +
           absent("There is no data for this figure.") + "</figure>";
  }
  return fmt::format("<figure><figcaption>{}{}</figcaption>{}</figure>\n", caption,
                     escape_html(how_to_read), svg);
}

std::string series_legend(const Summary& summary) {
  std::string items;
  for (const ModelSummary& model : summary.models) {
    if (model.seed_curves.empty()) continue;
    const SeriesStyle style = series_style(model);
    items +=
        fmt::format(R"(<li><svg viewBox="0 0 26 14" aria-hidden="true">)"
                    R"(<polyline class="mean {}" points="1,7 25,7"/>{}</svg>{}</li>)",
                    style.css_class, marker_svg(style.marker, 13, 7, 4, "mark " + style.css_class),
                    escape_html(model.name));
  }
  return items.empty() ? "" : "<ul class=\"legend\">" + items + "</ul>";
}

std::string component_legend(const Summary& summary) {
  std::string items;
  for (size_t i = 0; i < summary.components.size(); ++i) {
    items +=
        fmt::format(R"(<li><svg viewBox="0 0 26 14" aria-hidden="true">)"
                    R"(<rect class="part {}" x="6" y="0" width="14" height="14"/></svg>{}</li>)",
                    component_class(i), escape_html(summary.components[i]));
  }
  return items.empty() ? "" : "<ul class=\"legend\">" + items + "</ul>";
}

std::string html_provenance(const Comparison& comparison, const std::vector<int64_t>& seeds) {
  const auto item = [](const char* name, const std::string& value, bool code) {
    const std::string shown = value.empty() ? "<span class=\"absent\">not recorded</span>"
                              : code        ? "<code>" + escape_html(value) + "</code>"
                                            : escape_html(value);
    return fmt::format("<dt>{}</dt><dd>{}</dd>", name, shown);
  };
  return "<dl class=\"provenance\">" + item("Date", comparison.date, false) +
         item("Machine", comparison.machine, false) + item("Commit", comparison.commit, true) +
         item("Command", comparison.command, true) +
         item("Seeds", fmt::format("{}", fmt::join(seeds, ", ")), false) + "</dl>";
}

}  // namespace clipstill::report
