#include "text/nfc.h"

#include <algorithm>

#include "text/unicode.h"

namespace clipstill::text {
namespace {

// A character of the result, before it is known which source characters it came from.
struct Piece {
  char32_t code_point;
  int order;  // canonical combining class; 0 for starters
  // Source characters, as `tokenizers` counts them: 1 for a character that was inserted, 0 for one
  // in the place of one, -n for one in the place of n + 1.
  int change;
};

struct Range {
  char32_t first, last;
};

constexpr Range kStable[] = {
    {0x0000, 0x02ff},    // Latin
    {0x0400, 0x0482},    // Cyrillic
    {0x048a, 0x052f},    //
    {0x2002, 0x20cf},    // punctuation, joiners, currencies
    {0x2190, 0x21ff},    // arrows
    {0x2460, 0x27bf},    // enclosed, box drawing, symbols, dingbats
    {0x3000, 0x3029},    // CJK punctuation
    {0x3041, 0x3096},    // kana, but for the sound marks
    {0x30a0, 0x30ff},    //
    {0x3400, 0x9fff},    // Han
    {0xac00, 0xd7a3},    // Hangul syllables
    {0xfe00, 0xfe0f},    // variation selectors
    {0xff01, 0xff5e},    // full-width forms
    {0x1f000, 0x1faff},  // emoji
};

// The canonical decomposition in canonical order (Unicode 3.11): runs of non-starters are sorted
// by combining class.
void decompose_all(std::span<const NormalCharacter> text, std::vector<Piece>& pieces) {
  pieces.clear();
  for (const auto& c : text) {
    char32_t parts[kMaxDecomposition];
    const int count = decompose(c.code_point, parts);
    for (int i = 0; i < count; ++i) {
      pieces.push_back({parts[i], combining_class(parts[i]), i == 0 ? 0 : 1});
    }
  }
  const auto is_starter = [](const Piece& piece) { return piece.order == 0; };
  for (auto run = pieces.begin(); run != pieces.end();) {
    run = std::find_if_not(run, pieces.end(), is_starter);
    const auto end = std::find_if(run, pieces.end(), is_starter);
    std::stable_sort(run, end, [](auto& a, auto& b) { return a.order < b.order; });
    run = end;
  }
}

// Canonical composition (Unicode 3.11, D117): a character joins the last starter unless one of
// the same or a higher class stands between them.
void compose_all(std::vector<Piece>& pieces) {
  size_t size = 0;                 // of the result, which overwrites what is behind the reader
  size_t starter = pieces.size();  // its position in the result; none yet
  int blocking = 0;                // class of the last character after the starter; 0 = none
  for (const Piece piece : pieces) {
    if (starter < size && (blocking == 0 || blocking < piece.order)) {
      auto& base = pieces[starter];
      if (const auto composed = compose(base.code_point, piece.code_point); composed != 0) {
        base.code_point = composed;
        base.change += piece.change - 1;
        continue;
      }
    }
    if (piece.order == 0) starter = size;
    blocking = piece.order;
    pieces[size++] = piece;
  }
  pieces.resize(size);
}

}  // namespace

bool is_stable_under_nfc(char32_t c) {
  const auto* range =
      std::ranges::lower_bound(kStable, c, {}, [](const Range& r) { return r.last; });
  return range != std::end(kStable) && range->first <= c;
}

void to_nfc(std::span<const NormalCharacter> text, std::vector<NormalCharacter>& out) {
  out.clear();
  if (text.empty()) return;
  thread_local std::vector<Piece> pieces;
  decompose_all(text, pieces);
  compose_all(pieces);
  // An inserted character shares the bytes of the source character that was taken last.
  NormalCharacter source{0, text.front().begin, text.front().begin};
  size_t next = 0;
  for (const auto& piece : pieces) {
    if (piece.change <= 0) {
      source = text[next];
      next += static_cast<size_t>(1 - piece.change);
      out.push_back({piece.code_point, source.begin, source.end});
    } else {
      const auto& last = next > 0 ? text[next - 1] : source;
      out.push_back({piece.code_point, last.begin, last.end});
    }
  }
}

}  // namespace clipstill::text
