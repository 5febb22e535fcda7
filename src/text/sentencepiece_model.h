// A SentencePiece model file (`spiece.model`), a protobuf message: what of it decides how a text is
// encoded. Read here, because the library that reads it elsewhere cannot be in one process with
// libtorch (docs/dependencies.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::text {

struct SentencePiece {
  // The numbers of the file format.
  enum class Kind : uint8_t {
    kNormal = 1,
    kUnknown = 2,      // stands for what no piece covers
    kControl = 3,      // never comes out of a text
    kUserDefined = 4,  // goes before others, and is never normalised
    kUnused = 5,       // known by name, never chosen
    kByte = 6          // "<0xE2>": one byte of an unknown character
  };
  std::string text;
  float score = 0;  // logarithm of its probability
  Kind kind = Kind::kNormal;
};

struct SentencePieceModel {
  std::vector<SentencePiece> pieces;     // the index is the id
  std::string charsmap;                  // how characters are normalised; see charsmap.h
  bool byte_fallback = false;            // unknown characters become byte pieces
  bool remove_extra_whitespaces = true;  // at both ends, and all but one between words
};

/// kBadData naming what is wrong and where: no protobuf message, cut short, another kind of model
/// than unigram, no unknown piece or several, a score that is no number, spaces not written as
/// U+2581. Self-tests of the model and how it turns ids into text are skipped.
SentencePieceModel parse_sentencepiece_model(std::string_view file);

}  // namespace clipstill::text
