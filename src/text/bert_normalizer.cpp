#include "text/bert_normalizer.h"

#include <utf8proc.h>

#include <algorithm>

#include "text/unicode.h"

namespace clipstill::text {
namespace {

// Appends the canonical decomposition of `c`, without nonspacing marks.
void append_stripped(const NormalCharacter& c, std::vector<NormalCharacter>& out) {
  utf8proc_int32_t parts[32];
  int boundary = 0;
  const auto count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c.code_point), parts, 32,
                              UTF8PROC_DECOMPOSE, &boundary);
  for (utf8proc_ssize_t i = 0; i < count && i < 32; ++i) {
    const auto part = static_cast<char32_t>(parts[i]);
    if (!is_nonspacing_mark(part)) out.push_back({part, c.begin, c.end});
  }
}

int combining_class(char32_t c) {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

// Canonical ordering (Unicode 3.11): runs of non-starters are sorted by combining class.
void reorder_marks(std::vector<NormalCharacter>& text) {
  for (size_t i = 0; i < text.size();) {
    if (combining_class(text[i].code_point) == 0) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && combining_class(text[end].code_point) != 0) ++end;
    std::stable_sort(text.begin() + static_cast<ptrdiff_t>(i),
                     text.begin() + static_cast<ptrdiff_t>(end), [](const auto& a, const auto& b) {
                       return combining_class(a.code_point) < combining_class(b.code_point);
                     });
    i = end;
  }
}

// Full lower-casing of single characters, without context, as Rust's char::to_lowercase: only
// U+0130 maps to two characters.
void append_lower(const NormalCharacter& c, std::vector<NormalCharacter>& out) {
  if (c.code_point == 0x130) {
    out.push_back({'i', c.begin, c.end});
    out.push_back({0x307, c.begin, c.end});
    return;
  }
  out.push_back({static_cast<char32_t>(
                     utf8proc_tolower(static_cast<utf8proc_int32_t>(c.code_point))),
                 c.begin, c.end});
}

// Everything in one pass for the common case.
void append_ascii(unsigned char c, uint32_t position, const WordPieceOptions& options,
                  std::vector<NormalCharacter>& out) {
  const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0x0b || c == 0x0c;
  if (options.clean_text) {
    if ((c < 0x20 || c == 0x7f) && c != '\t' && c != '\n' && c != '\r') return;  // control
    if (space) c = ' ';
  }
  if (options.lowercase && c >= 'A' && c <= 'Z') c = static_cast<unsigned char>(c + 32);
  out.push_back({c, position, position + 1});
}

}  // namespace

void bert_normalize(std::string_view text, uint32_t base, const WordPieceOptions& options,
                    std::vector<NormalCharacter>& out) {
  out.clear();
  std::vector<NormalCharacter> stage;  // non-ASCII characters on their way
  bool has_marks = false;
  for (size_t position = 0; position < text.size();) {
    const auto begin = base + static_cast<uint32_t>(position);
    const auto lead = static_cast<unsigned char>(text[position]);
    if (lead < 0x80) {
      ++position;
      append_ascii(lead, begin, options, out);
      continue;
    }
    NormalCharacter c{next_code_point(text, position), begin, 0};
    c.end = base + static_cast<uint32_t>(position);
    if (options.clean_text) {
      if (c.code_point == 0xfffd || is_control(c.code_point)) continue;
      if (is_white_space(c.code_point)) c.code_point = ' ';
    }
    if (options.handle_chinese_chars && is_cjk_ideograph(c.code_point)) {
      out.push_back({' ', c.begin, c.begin});
      // A compatibility ideograph decomposes to its unified one.
      if (options.strip_accents) {
        append_stripped(c, out);
      } else {
        out.push_back(c);
      }
      out.push_back({' ', c.end, c.end});
      continue;
    }
    stage.clear();
    if (options.strip_accents) {
      append_stripped(c, stage);
    } else {
      stage.push_back(c);
    }
    for (const auto& part : stage) {
      has_marks = has_marks || combining_class(part.code_point) != 0;
      if (options.lowercase) {
        append_lower(part, out);
      } else {
        out.push_back(part);
      }
    }
  }
  if (has_marks && options.strip_accents) reorder_marks(out);
}

}  // namespace clipstill::text
