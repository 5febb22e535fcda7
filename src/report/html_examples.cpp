// Nearest-neighbour examples with thumbnails. Right answers carry a word and a solid frame, so
// that no one needs colours to see them.
#include <fmt/format.h>

#include "core/base64.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/html_parts.h"

namespace clipstill::report {
namespace {

std::string thumbnail(const std::string& png, const std::string& alternative) {
  if (!png.starts_with("\x89PNG")) return "";
  return fmt::format(
      R"(<img class="thumbnail" width="64" height="64" alt="{}" src="data:image/png;base64,{}"/>)",
      escape_html(alternative), base64(png));
}

std::string hit(const Neighbour& neighbour) {
  // dir="auto" keeps a caption's writing direction from spilling over to its surroundings.
  return fmt::format(R"(<li class="{}">{}<span class="mark-word">{}</span>)"
                     R"(<span class="caption" dir="auto" title="{}">{}</span></li>)",
                     neighbour.correct ? "correct" : "wrong",
                     thumbnail(neighbour.png, neighbour.caption),
                     neighbour.correct ? "✓ correct" : "✗ wrong", escape_html(neighbour.caption),
                     escape_html(neighbour.caption));
}

std::string answer(const Example& example) {
  std::string html =
      fmt::format("<div class=\"answer\"><span>{}</span>", escape_html(example.model));
  if (example.neighbours.empty()) return html + absent("No neighbours were given.") + "</div>\n";
  html += "<ol class=\"hits\">";
  for (const Neighbour& neighbour : example.neighbours) html += hit(neighbour);
  return html + "</ol></div>\n";
}

bool same_query(const Example& a, const Example& b) {
  return a.query == b.query && a.query_png == b.query_png && a.language == b.language &&
         a.only_right == b.only_right;
}

}  // namespace

std::string html_examples(const std::vector<Example>& examples) {
  if (examples.empty()) return absent("There are no nearest-neighbour examples.");
  std::string html =
      "<p class=\"quiet\">Best first, among the held-out data. A solid frame and ✓ mark the right "
      "ones.</p>\n";
  for (size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    if (i == 0 || example.only_right != examples[i - 1].only_right) {
      html += "<h3>" + escape_html(only_right_heading(example)) + "</h3>\n";
    }
    if (i == 0 || !same_query(example, examples[i - 1])) {
      html += fmt::format("<div class=\"query\"><header>{}<b dir=\"auto\">{}</b></header>\n",
                          thumbnail(example.query_png, example.query),
                          example.query_png.empty() ? "“" + escape_html(example.query) + "”"
                                                    : escape_html(example.query));
    }
    html += answer(example);
    if (i + 1 == examples.size() || !same_query(example, examples[i + 1])) html += "</div>\n";
  }
  return html;
}

}  // namespace clipstill::report
