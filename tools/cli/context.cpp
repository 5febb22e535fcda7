#include "cli/context.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/error.h"

namespace clipstill::cli {
namespace {

// Columns that UTF-8 text takes; East Asian wide characters are not counted double.
size_t display_width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0u) != 0x80u;
  }));
}

}  // namespace

void Context::print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return;
  if (errno != EPIPE) {  // a reader that has seen enough (head) is no error
    fail(ErrorCode::kResource, "standard output: cannot write: {}", std::strerror(errno));
  }
}

void Context::print_result(const Json& json, std::string_view text) {
  if (json_) {
    // Bytes that are not UTF-8 (file names) become U+FFFD; the document stays valid.
    print(json.dump(/*indent=*/2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) +
          "\n");
    return;
  }
  print(text);
  if (!text.ends_with('\n')) print("\n");
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string text;
  const auto add_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    add_row(rows[i]);
    if (i > 0) continue;
    std::vector<std::string> rule;
    for (const size_t width : widths) rule.emplace_back(width, '-');
    add_row(rule);
  }
  return text;
}

}  // namespace clipstill::cli
