// User data (captions, names, commands) made safe for each output format.
#pragma once

#include <string>
#include <string_view>

namespace clipstill::report {

/// Valid UTF-8 on one line: bad bytes become U+FFFD, control characters (terminal escapes among
/// them) become spaces.
std::string clean_text(std::string_view text);

/// Cleaned, for HTML and SVG, in text and in quoted attributes.
std::string escape_html(std::string_view text);

/// Cleaned, for a Markdown paragraph, list item or table cell (CommonMark with GitHub tables).
std::string escape_markdown(std::string_view text);

/// A Markdown code span that shows `text` as it is.
std::string markdown_code(std::string_view text);

/// Columns that cleaned text takes in a terminal: ideographs and most emoji take two.
int display_width(std::string_view text);

/// Cleaned text, cut to at most `columns` with an ellipsis.
std::string shorten(std::string_view text, int columns);

}  // namespace clipstill::report
