// Character classes as the reference tokenizers define them (Hugging Face `tokenizers`,
// normalizers/ and pre_tokenizers/), from the reference's own tables. Decompositions
// and combining classes come from utf8proc, where Unicode never changes those of an assigned code
// point; what the reference's older tables do not know is left alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/normal_character.h"

namespace clipstill::text {

/// Decodes the code point at `position` and moves past it. An invalid sequence yields U+FFFD for
/// each maximal ill-formed part (Unicode 3.9, "U+FFFD substitution of maximal subparts").
char32_t next_code_point(std::string_view text, size_t& position);
void append_utf8(char32_t code_point, std::string& out);

bool is_white_space(char32_t c);      // Unicode White_Space
bool is_control(char32_t c);          // categories Cc, Cf, Co but not tab and line ends
bool is_punctuation(char32_t c);      // ASCII symbols, and categories P*
bool is_nonspacing_mark(char32_t c);  // category Mn
bool is_cjk_ideograph(char32_t c);    // the blocks that BERT puts spaces around
bool is_letter(char32_t c);           // \p{L} of the reference's regular expressions
bool is_number(char32_t c);           // \p{N} of them

/// Lower case of one code point, as Rust's char::to_lowercase: no context (final sigma), and
/// U+0130 alone becomes two: 'i' and U+0307, of which this is the first.
char32_t to_lower(char32_t c);
/// All of the lower case of one character.
void append_lower(const NormalCharacter& c, std::vector<NormalCharacter>& out);

/// Canonical combining class: 0 for starters.
int combining_class(char32_t c);

constexpr int kMaxDecomposition = 4;  // code points; the longest in Unicode is U+1F82 and its like
/// Full canonical decomposition (NFD of one code point); returns how many were written.
int decompose(char32_t c, char32_t (&parts)[kMaxDecomposition]);
/// The canonical composition of two code points; 0 if there is none.
char32_t compose(char32_t first, char32_t second);
/// Whether every byte belongs to a code point.
bool is_utf8(std::string_view text);

}  // namespace clipstill::text
