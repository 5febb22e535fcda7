// CSV and TSV as RFC 4180 defines them: quoted fields may hold delimiters, doubled quotes and
// line ends; records end with LF or CRLF.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::data {

struct CsvRow {
  uint64_t line = 0;  // where the row begins, from 1
  std::vector<std::string> fields;
  std::string fault;  // why the row cannot be read; empty if it can
};

/// Reads row by row from text that outlives it. Empty lines are skipped. After a fault reading
/// goes on with the next line of text, so that an unclosed quote costs one row and not the rest
/// of the file. A quote inside an unquoted field is an ordinary character.
class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  /// False at the end of the text.
  bool next(CsvRow& row);

 private:
  size_t line_end_width(size_t position) const;
  void skip_empty_lines();
  std::string read_field(std::string& field);
  std::string read_quoted(std::string& field);

  std::string_view text_;
  char delimiter_;
  size_t position_ = 0;
  uint64_t line_ = 1;
};

/// A field as it stands in a file: quoted where it must be.
std::string csv_field(std::string_view value, char delimiter);

}  // namespace clipstill::data
