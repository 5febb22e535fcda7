// What `tokenizer.json` says of CLIP's normalisation and words, for its reader and its writer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace clipstill::text {

/// The pattern of a word, with the two special tokens in front (transformers 5) or without.
inline std::string clip_pattern(bool special_words) {
  const std::string words = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
  return (special_words ? R"(<\|startoftext\|>|<\|endoftext\|>|)" : "") + words;
}

inline nlohmann::ordered_json clip_normalizer_json() {
  return {{"type", "Sequence"},
          {"normalizers",
           {{{"type", "NFC"}},
            {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
            {{"type", "Lowercase"}}}}};
}

}  // namespace clipstill::text
