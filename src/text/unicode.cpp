#include "text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

#include "text/unicode_tables.h"

namespace clipstill::text {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// The range of an ascending table that holds `c`, or null.
template <class Range, size_t n>
const Range* find_range(const Range (&table)[n], char32_t c) {
  const auto* range = std::lower_bound(std::begin(table), std::end(table), c,
                                       [](const Range& r, char32_t v) { return r.last < v; });
  return range != std::end(table) && range->first <= c ? range : nullptr;
}

// BertNormalizer's list; the compatibility blocks are in it, kana and hangul are not.
constexpr CodePointRange kCjk[] = {{0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xf900, 0xfaff},
                                   {0x20000, 0x2a6df}, {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f},
                                   {0x2b920, 0x2ceaf}, {0x2f800, 0x2fa1f}};

}  // namespace

char32_t next_code_point(std::string_view text, size_t& position) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(position++);
  if (lead < 0x80) return lead;
  int following = 0;
  char32_t value = 0;
  unsigned low = 0x80, high = 0xbf;  // allowed range of the second byte
  if (lead >= 0xc2 && lead <= 0xdf) {
    following = 1;
    value = lead & 0x1f;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    following = 2;
    value = lead & 0x0f;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    following = 3;
    value = lead & 0x07;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return kReplacement;
  }
  for (int i = 0; i < following; ++i) {
    if (position >= text.size() || byte(position) < low || byte(position) > high) {
      return kReplacement;
    }
    value = value << 6 | (byte(position++) & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return value;
}

void append_utf8(char32_t c, std::string& out) {
  utf8proc_uint8_t buffer[4];
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), buffer);
  out.append(reinterpret_cast<const char*>(buffer), static_cast<size_t>(size));
}

bool is_white_space(char32_t c) {
  if (c >= 0x09 && c <= 0x0d) return true;
  if (c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680) return true;
  return (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_control(char32_t c) {
  return find_range(kControlRanges, c) != nullptr;
}

bool is_punctuation(char32_t c) {
  return find_range(kPunctuationRanges, c) != nullptr;
}

bool is_nonspacing_mark(char32_t c) {
  return find_range(kNonspacingMarkRanges, c) != nullptr;
}

bool is_cjk_ideograph(char32_t c) {
  return find_range(kCjk, c) != nullptr;
}

bool is_letter(char32_t c) {
  return find_range(kLetterRanges, c) != nullptr;
}

bool is_number(char32_t c) {
  return find_range(kNumberRanges, c) != nullptr;
}

char32_t to_lower(char32_t c) {
  if (c == 0x130) return 'i';
  const auto* range = find_range(kLowerCaseRanges, c);
  if (range == nullptr || (c - range->first) % range->step != 0) return c;
  return static_cast<char32_t>(static_cast<int32_t>(c) + range->delta);
}

void append_lower(const NormalCharacter& c, std::vector<NormalCharacter>& out) {
  out.push_back({to_lower(c.code_point), c.begin, c.end});
  if (c.code_point == 0x130) out.push_back({0x307, c.begin, c.end});
}

int combining_class(char32_t c) {
  if (find_range(kUndecomposedRanges, c) != nullptr) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

int decompose(char32_t c, char32_t (&parts)[kMaxDecomposition]) {
  parts[0] = c;
  if (find_range(kUndecomposedRanges, c) != nullptr) return 1;
  utf8proc_int32_t buffer[kMaxDecomposition];
  int boundary = 0;
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer,
                                             kMaxDecomposition, UTF8PROC_DECOMPOSE, &boundary);
  std::copy(buffer, buffer + count, parts);
  return static_cast<int>(count);
}

char32_t compose(char32_t first, char32_t second) {
  utf8proc_int32_t pair[] = {static_cast<utf8proc_int32_t>(first),
                             static_cast<utf8proc_int32_t>(second)};
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  if (utf8proc_normalize_utf32(pair, 2, kOptions) != 1) return 0;
  const auto composed = static_cast<char32_t>(pair[0]);
  return find_range(kUndecomposedRanges, composed) == nullptr ? composed : 0;
}

bool is_utf8(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    const size_t begin = position;
    if (next_code_point(text, position) == kReplacement &&
        text.substr(begin, 3) != "\xef\xbf\xbd") {
      return false;
    }
  }
  return true;
}

}  // namespace clipstill::text
