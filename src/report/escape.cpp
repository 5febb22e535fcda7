#include "report/escape.h"

#include <utf8proc.h>

#include <algorithm>
#include <cctype>

namespace clipstill::report {
namespace {

struct CodePoint {
  utf8proc_int32_t value = 0;  // -1: not valid UTF-8
  size_t bytes = 1;
};

CodePoint next_code_point(std::string_view text) {
  CodePoint point;
  const utf8proc_ssize_t read =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &point.value);
  point.bytes = read > 0 ? static_cast<size_t>(read) : 1;
  return point;
}

bool is_control(utf8proc_int32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

bool is_word(std::string_view text, size_t i) {
  return i < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[i])) || (text[i] & 0x80) != 0);
}

/// Whether the character could open or close Markdown syntax where it stands. Characters that
/// are harmless there stay bare, so that the source of the report reads well too.
bool needs_backslash(std::string_view text, size_t i) {
  const char c = text[i];
  if (std::string_view("\\`*|~$").find(c) != std::string_view::npos) return true;
  if (c == '_') return !(i > 0 && is_word(text, i - 1) && is_word(text, i + 1));
  if (c == '(' || c == '[' || c == ':') {
    if (i > 0 && text[i - 1] == ']') return true;  // link, reference or definition
  }
  if (i == 0) return std::string_view("#+-=[").find(c) != std::string_view::npos;
  if (c == '.' || c == ')') {  // "1. " at the start would begin a list
    return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(i),
                       [](unsigned char d) { return std::isdigit(d); });
  }
  return false;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    if (point.value < 0) {
      clean += "\uFFFD";
    } else if (is_control(point.value)) {
      clean += ' ';
    } else {
      clean += text.substr(0, point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return clean;
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string escape_markdown(std::string_view text) {
  std::string clean = clean_text(text);
  clean.erase(0, clean.find_first_not_of(' '));  // four spaces would begin a code block
  std::string escaped;
  for (size_t i = 0; i < clean.size(); ++i) {
    switch (clean[i]) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        if (needs_backslash(clean, i)) escaped += '\\';
        escaped += clean[i];
    }
  }
  return escaped;
}

std::string markdown_code(std::string_view text) {
  const std::string clean = clean_text(text);
  size_t longest = 0, run = 0;
  for (const char c : clean) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  // A space inside the fence keeps it apart from backticks of the text; Markdown drops it.
  const std::string space = longest > 0 ? " " : "";
  return fence + space + clean + space + fence;
}

int display_width(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    columns += point.value < 0 ? 1 : utf8proc_charwidth(point.value);
    text.remove_prefix(point.bytes);
  }
  return columns;
}

std::string shorten(std::string_view text, int columns) {
  const std::string clean = clean_text(text);
  if (display_width(clean) <= columns) return clean;
  std::string_view rest = clean;
  int used = 1;  // the ellipsis
  while (!rest.empty()) {
    const CodePoint point = next_code_point(rest);
    used += utf8proc_charwidth(point.value);
    if (used > columns) break;
    rest.remove_prefix(point.bytes);
  }
  return clean.substr(0, clean.size() - rest.size()) + "…";
}

}  // namespace clipstill::report
