#include "text/bert_normalizer.h"

#include <algorithm>

namespace clipstill::text {
namespace {

struct Mark {
  char32_t code_point;
  int order;       // canonical combining class, never 0
  bool continues;  // came out of the same source character as the one before it
};

// Canonical ordering (Unicode 3.11): runs of non-starters are sorted by combining class. As in
// the reference's alignments, source characters are then dealt out in their old order: one to
// each mark, but a mark that continues a character shares the bytes of whatever is before it now.
void reorder_marks(std::vector<NormalCharacter>& text) {
  std::vector<Mark> run;
  std::vector<NormalCharacter> sources;
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    run.clear();
    sources.clear();
    for (end = begin; end < text.size(); ++end) {
      const auto& c = text[end];
      const int order = combining_class(c.code_point);
      if (order == 0) break;
      const bool continues =
          end > 0 && text[end - 1].begin == c.begin && text[end - 1].end == c.end;
      run.push_back({c.code_point, order, continues});
      if (!continues) sources.push_back(c);
    }
    std::ranges::stable_sort(run, {}, &Mark::order);
    auto source = sources.begin();
    for (size_t i = 0; i < run.size(); ++i) {
      auto& c = text[begin + i];
      c = run[i].continues ? text[begin + i - 1] : *source++;
      c.code_point = run[i].code_point;
    }
  }
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
    const bool spaced = options.handle_chinese_chars && is_cjk_ideograph(c.code_point);
    if (spaced) out.push_back({' ', c.begin, c.begin});
    char32_t parts[kMaxDecomposition] = {c.code_point};
    const int count = options.strip_accents ? decompose(c.code_point, parts) : 1;
    for (int i = 0; i < count; ++i) {
      c.code_point = parts[i];
      has_marks = has_marks || is_nonspacing_mark(parts[i]) || combining_class(parts[i]) != 0;
      if (options.lowercase) {
        append_lower(c, out);
      } else {
        out.push_back(c);
      }
    }
    if (spaced) out.push_back({' ', c.end, c.end});
  }
  if (has_marks && options.strip_accents) {
    reorder_marks(out);
    std::erase_if(out, [](const auto& c) { return is_nonspacing_mark(c.code_point); });
  }
}

}  // namespace clipstill::text
