#include "text/clip_normalizer.h"

#include <algorithm>
#include <array>

#include "text/nfc.h"

namespace clipstill::text {
namespace {

enum class CharKind : uint8_t { kOther, kLetter, kNumber, kSpace };

CharKind look_up_kind(char32_t c) {
  if (is_white_space(c)) return CharKind::kSpace;
  if (is_letter(c)) return CharKind::kLetter;
  return is_number(c) ? CharKind::kNumber : CharKind::kOther;
}

CharKind kind_of(char32_t c) {
  static const auto ascii = [] {
    std::array<CharKind, 128> kinds{};
    for (char32_t i = 0; i < kinds.size(); ++i) kinds[i] = look_up_kind(i);
    return kinds;
  }();
  return c < ascii.size() ? ascii[c] : look_up_kind(c);
}

// Whether `text` goes on with `literal` at `begin`.
bool stands_at(std::span<const NormalCharacter> text, size_t begin, std::string_view literal) {
  return text.size() - begin >= literal.size() &&
         std::ranges::equal(
             literal, text.subspan(begin, literal.size()), {},
             [](char c) { return static_cast<char32_t>(c); }, &NormalCharacter::code_point);
}

}  // namespace

void decode_utf8(std::string_view text, std::vector<NormalCharacter>& out) {
  out.clear();
  for (size_t position = 0; position < text.size();) {
    const auto begin = static_cast<uint32_t>(position);
    const char32_t c = next_code_point(text, position);
    out.push_back({c, begin, static_cast<uint32_t>(position)});
  }
}

void clip_normalize(std::span<const NormalCharacter> text, std::vector<NormalCharacter>& out) {
  thread_local std::vector<NormalCharacter> composed;
  const auto stable = [](const NormalCharacter& c) { return is_stable_under_nfc(c.code_point); };
  if (!std::ranges::all_of(text, stable)) {
    to_nfc(text, composed);
    text = composed;
  }
  out.clear();
  for (const auto& c : text) append_lower(c, out);
}

size_t clip_word_end(std::span<const NormalCharacter> text, size_t begin) {
  if (text[begin].code_point == '\'') {
    for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
      if (stands_at(text, begin, ending)) return begin + ending.size();
    }
  }
  const CharKind kind = kind_of(text[begin].code_point);
  size_t end = begin + 1;
  if (kind == CharKind::kNumber) return end;  // each by itself
  while (end < text.size() && kind_of(text[end].code_point) == kind) ++end;
  return end;
}

size_t clip_special_word(std::span<const NormalCharacter> text, size_t begin) {
  for (const std::string_view special : {"<|startoftext|>", "<|endoftext|>"}) {
    if (stands_at(text, begin, special)) return special.size();
  }
  return 0;
}

}  // namespace clipstill::text
