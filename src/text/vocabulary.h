// Vocabularies fitted to a corpus: built from nothing, or a big one trimmed to what is used.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "text/wordpiece.h"

namespace clipstill::text {

/// Builds a WordPiece vocabulary of at most `size` tokens from a corpus: the specials, every
/// character seen at least `min_frequency` times (as word start and as "##" continuation where
/// it occurs so), then the merges that raise the corpus likelihood most (WordPiece score,
/// Schuster and Nakajima 2012, or pair frequency). Deterministic: ties break by code point order.
std::unique_ptr<WordPieceTokenizer> build_wordpiece(std::span<const std::string_view> corpus,
                                                    int64_t size, int64_t min_frequency = 1,
                                                    WordPieceOptions options = {});

struct TrimmedVocabulary {
  std::unique_ptr<WordPieceTokenizer> tokenizer;
  std::vector<int32_t> kept_ids;  // kept_ids[new id] = old id, ascending
};

/// Keeps the specials and the tokens that the corpus uses at least `min_frequency` times. Texts
/// of the corpus that used only kept tokens encode to the same tokens as before.
TrimmedVocabulary trim_wordpiece(const WordPieceTokenizer& tokenizer,
                                 std::span<const std::string_view> corpus,
                                 int64_t min_frequency = 1);

}  // namespace clipstill::text
