// The unigram model of SentencePiece: a text is normalised and cut into the pieces whose scores sum
// up to the most. Ids are those of the library, to the last tie.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/charsmap.h"
#include "text/piece_trie.h"
#include "text/sentencepiece_model.h"

namespace clipstill::text {

/// A normalised text, and for each of its bytes the bytes of the text before that it came from.
struct NormalBytes {
  struct Source {
    uint32_t begin = 0, end = 0;
  };
  std::string text;
  std::vector<Source> sources;
};

class Unigram {
 public:
  /// kBadData where the model falls back to bytes and a byte has no piece.
  explicit Unigram(const SentencePieceModel& model);

  struct Piece {
    int32_t id = 0;
    std::string_view text;        // in normal.text; of byte pieces their names, in this object
    uint32_t begin = 0, end = 0;  // in normal.text
  };
  /// Replaces `normal` and `pieces`; nothing is put in front of the text.
  void encode(std::string_view text, NormalBytes& normal, std::vector<Piece>& pieces) const;

 private:
  void normalize(std::string_view text, NormalBytes& out) const;
  CharsMap::Match next_normal(std::string_view text) const;
  int32_t id_of(std::string_view piece) const;

  std::vector<std::string> texts_;
  std::unordered_map<std::string_view, int32_t> ids_;  // into texts_
  std::vector<double> scores_;                         // of the pieces of trie_, by id
  PieceTrie trie_;                                     // pieces that a text can have
  PieceTrie user_defined_;
  bool has_user_defined_ = false;
  float user_defined_score_ = 0;  // a byte
  float unknown_score_ = 0;       // a character
  int32_t unknown_id_ = 0;
  bool byte_fallback_, remove_extra_whitespaces_;
  std::array<int32_t, 256> byte_ids_{};
  CharsMap charsmap_;
};

}  // namespace clipstill::text
