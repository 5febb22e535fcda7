#include "data/pairs_text.h"

#include <algorithm>

#include "core/error.h"

namespace clipstill::data {

std::string_view checked_text(const MappedFile& file) {
  const auto bytes = file.bytes();
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    fail(ErrorCode::kBadData, "{}: expected UTF-8, found UTF-16; save the file as UTF-8",
         file.path().string());
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  constexpr size_t kHead = 4096;
  if (text.substr(0, kHead).find('\0') != std::string_view::npos) {
    fail(ErrorCode::kBadData, "{}: expected text, found zero bytes (a binary file?)",
         file.path().string());
  }
  return text;
}

bool LineReader::next() {
  while (!text_.empty()) {
    const size_t end = std::min(text_.find('\n'), text_.size());
    line_ = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    ++number_;
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    if (line_.find_first_not_of(" \t\r") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace clipstill::data
