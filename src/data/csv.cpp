#include "data/csv.h"

#include <fmt/format.h>

#include <algorithm>

namespace clipstill::data {
namespace {

// No caption is longer; a field that is has lost its closing quote.
constexpr size_t kMaxField = size_t{1} << 20;

}  // namespace

// Bytes of the line end at `position`: 0 where there is none. A CR before the end of the text
// counts, so that a file cut between CR and LF reads the same.
size_t CsvReader::line_end_width(size_t position) const {
  if (text_[position] == '\n') return 1;
  if (text_[position] != '\r') return 0;
  if (position + 1 == text_.size()) return 1;
  return text_[position + 1] == '\n' ? 2 : 0;
}

void CsvReader::skip_empty_lines() {
  while (position_ < text_.size()) {
    const size_t width = line_end_width(position_);
    if (width == 0) return;
    position_ += width;
    ++line_;
  }
}

bool CsvReader::next(CsvRow& row) {
  skip_empty_lines();
  row.fields.clear();
  row.fault.clear();
  row.line = line_;
  if (position_ == text_.size()) return false;
  const size_t start = position_;
  while (true) {
    row.fault = read_field(row.fields.emplace_back());
    if (!row.fault.empty()) {
      row.fields.clear();
      position_ = std::min(text_.find('\n', start), text_.size() - 1) + 1;
      line_ = row.line + 1;
      return true;
    }
    if (position_ == text_.size()) return true;
    if (text_[position_] == delimiter_) {
      ++position_;
      continue;
    }
    position_ += line_end_width(position_);
    ++line_;
    return true;
  }
}

// Stops at a delimiter, a line end or the end of the text. Returns the fault, if any.
std::string CsvReader::read_field(std::string& field) {
  if (position_ < text_.size() && text_[position_] == '"') return read_quoted(field);
  const size_t start = position_;
  while (position_ < text_.size() && text_[position_] != delimiter_ &&
         line_end_width(position_) == 0) {
    ++position_;
  }
  if (position_ - start > kMaxField) {
    return fmt::format("a field of {} bytes, more than the {} allowed", position_ - start,
                       kMaxField);
  }
  field = text_.substr(start, position_ - start);
  return {};
}

std::string CsvReader::read_quoted(std::string& field) {
  ++position_;
  while (true) {
    const size_t quote = text_.find('"', position_);
    const size_t end = std::min(quote, text_.size());
    if (field.size() + (end - position_) > kMaxField || quote == std::string_view::npos) {
      return "a quote is opened and never closed";
    }
    line_ +=
        static_cast<uint64_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(position_),
                                         text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    field += text_.substr(position_, end - position_);
    position_ = end + 1;
    if (position_ < text_.size() && text_[position_] == '"') {  // a doubled quote stands for one
      field += '"';
      ++position_;
      continue;
    }
    if (position_ == text_.size() || text_[position_] == delimiter_ ||
        line_end_width(position_) > 0) {
      return {};
    }
    return "text follows a closing quote (a quote inside a quoted field is written twice)";
  }
}

std::string csv_field(std::string_view value, char delimiter) {
  const bool is_plain = value.find_first_of("\"\r\n") == std::string_view::npos &&
                        value.find(delimiter) == std::string_view::npos;
  if (is_plain) return std::string(value);
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace clipstill::data
