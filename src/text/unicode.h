// Character classes as the reference tokenizers define them (Hugging Face `tokenizers`,
// normalizers/bert.rs and pre_tokenizers/bert.rs). Tables come from utf8proc; its Unicode version
// may differ from the reference's for code points assigned in between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clipstill::text {

/// Decodes the code point at `position` and moves past it. An invalid sequence yields U+FFFD for
/// each maximal ill-formed part (Unicode 3.9, "U+FFFD substitution of maximal subparts").
char32_t next_code_point(std::string_view text, size_t& position);
void append_utf8(char32_t code_point, std::string& out);

bool is_white_space(char32_t c);   // Unicode White_Space
bool is_control(char32_t c);       // categories Cc, Cf, Co, Cs but not tab and line ends
bool is_punctuation(char32_t c);   // ASCII symbols, and categories P*
bool is_nonspacing_mark(char32_t c);  // category Mn
bool is_cjk_ideograph(char32_t c);    // the blocks that BERT puts spaces around

}  // namespace clipstill::text
