// The text of a mapped table file, and its lines.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/files.h"

namespace clipstill::data {

/// The content without a UTF-8 byte order mark. kBadData for UTF-16 and for binary files.
std::string_view checked_text(const MappedFile& file);

/// The lines of a text that outlives it, without their ends (LF or CRLF). Blank lines are passed
/// over, and counted.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  /// False at the end of the text.
  bool next();
  std::string_view line() const { return line_; }
  uint64_t number() const { return number_; }  // from 1

 private:
  std::string_view text_, line_;
  uint64_t number_ = 0;
};

}  // namespace clipstill::data
