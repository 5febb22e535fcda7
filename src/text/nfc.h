// Unicode normalisation form C.
#pragma once

#include <span>
#include <vector>

#include "text/normal_character.h"

namespace clipstill::text {

/// Whether NFC leaves a text alone if all its characters are such. Not all of those that are say
/// so, only the common ones: a cheap way around to_nfc().
bool is_stable_under_nfc(char32_t c);

/// NFC, with byte ranges as the reference's alignments give them: a composed character has those
/// of the first of the characters that it is made of. Clears `out` first.
void to_nfc(std::span<const NormalCharacter> text, std::vector<NormalCharacter>& out);

}  // namespace clipstill::text
