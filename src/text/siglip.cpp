#include "text/siglip.h"

#include <algorithm>
#include <bit>

#include "core/error.h"
#include "core/hash.h"
#include "text/clip_normalizer.h"
#include "text/unicode.h"

namespace clipstill::text {
namespace {

constexpr char32_t kSpaceMark = 0x2581;  // "▁", how pieces write a space

std::vector<std::string> texts_of(const SentencePieceModel& model) {
  std::vector<std::string> out;
  for (const auto& piece : model.pieces) out.push_back(piece.text);
  return out;
}

std::string fingerprint_of(const SentencePieceModel& model, const SiglipOptions& options) {
  Hasher hasher;
  hasher.update(std::string_view("SigLIP"));
  for (const auto& piece : model.pieces) {
    hasher.update(std::string_view(piece.text))
        .update(std::bit_cast<uint32_t>(piece.score))
        .update(static_cast<uint64_t>(piece.kind));
  }
  hasher.update(std::string_view(model.charsmap))
      .update(uint64_t{model.byte_fallback})
      .update(uint64_t{model.remove_extra_whitespaces})
      .update(uint64_t{options.lowercase});
  for (const auto* token : {&options.end, &options.padding, &options.unknown}) {
    hasher.update(std::string_view(*token));
  }
  return hasher.hex();
}

bool is_ascii_punctuation(char32_t c) {
  return c > ' ' && c < 0x7f && is_punctuation(c);
}

// White space of Python's strings: Unicode's, and four separators of ASCII.
bool is_python_space(char32_t c) {
  return is_white_space(c) || (c >= 0x1c && c <= 0x1f);
}

// Without ASCII punctuation and outer white space; what is left of that is one space each.
void canonicalize(std::span<const NormalCharacter> text, std::vector<NormalCharacter>& out) {
  out.clear();
  for (const auto& c : text) {
    if (is_ascii_punctuation(c.code_point)) continue;
    if (!is_python_space(c.code_point)) {
      out.push_back(c);
    } else if (!out.empty() && out.back().code_point == ' ') {
      out.back().end = c.end;
    } else if (!out.empty()) {
      out.push_back({' ', c.begin, c.end});
    }
  }
  if (!out.empty() && out.back().code_point == ' ') out.pop_back();
}

}  // namespace

SiglipTokenizer::SiglipTokenizer(std::string model_file, const SiglipOptions& options)
    : SiglipTokenizer(parse_sentencepiece_model(model_file), std::move(model_file), options) {}

SiglipTokenizer::SiglipTokenizer(const SentencePieceModel& model, std::string&& file,
                                 const SiglipOptions& options)
    : Tokenizer(texts_of(model),
                {.start = {}, .end = options.end, .padding = options.padding, .repeat_end = false}),
      file_(std::move(file)),
      options_(options),
      unigram_(model),
      fingerprint_(fingerprint_of(model, options)) {
  const int32_t unknown = require(options_.unknown);
  for (int32_t id = 0; id < vocabulary_size(); ++id) {
    const auto kind = model.pieces[static_cast<size_t>(id)].kind;
    fallbacks_.push_back(id == unknown || kind == SentencePiece::Kind::kUnknown ||
                         kind == SentencePiece::Kind::kByte);
  }
  std::vector<NormalCharacter> content, lower;
  for (const auto* token : {&options_.end, &options_.padding, &options_.unknown}) {
    decode_utf8(*token, content);
    lower.clear();
    for (const auto& c : content) append_lower(c, lower);
    const auto characters = code_points_of(content);
    if ((options_.lowercase && code_points_of(lower) != characters) ||
        characters.find(kSpaceMark) != std::u32string::npos) {
      fail(ErrorCode::kBadData,
           "the special token {} has capital letters or U+2581; clipstill reads only special "
           "tokens that texts keep",
           *token);
    }
    literals_.push_back({characters, require(*token)});
  }
  sort_longest_first(literals_);
  NormalBytes normal;
  std::vector<Unigram::Piece> pieces;
  unigram_.encode(options_.unknown, normal, pieces);
  prefix_pieces_ = pieces.size();
}

bool SiglipTokenizer::is_special(std::string_view piece) const {
  return piece == options_.end || piece == options_.padding || piece == options_.unknown;
}

// SiglipTokenizer keeps the model from removing spaces in front by putting the unknown token there
// and dropping as many pieces as that has alone. Where they are not the same pieces (an unknown
// character right after it joins its ">"), what is dropped counts all the same. Returns how many of
// the first two pieces make a bare "▁" and a special token: 2 both, 1 the first, 0 otherwise.
size_t SiglipTokenizer::append_chunk(Text text, std::vector<Token>& out) const {
  thread_local std::vector<NormalCharacter> canonical;
  thread_local std::string bytes;
  thread_local std::vector<uint32_t> owners;  // index in `canonical` of bytes after the prefix
  thread_local NormalBytes normal;
  thread_local std::vector<Unigram::Piece> pieces;
  canonicalize(text, canonical);
  const size_t prefix = options_.unknown.size();
  bytes = options_.unknown;
  owners.clear();
  for (size_t i = 0; i < canonical.size(); ++i) {
    append_utf8(canonical[i].code_point, bytes);
    owners.resize(bytes.size() - prefix, static_cast<uint32_t>(i));
  }
  unigram_.encode(bytes, normal, pieces);
  const size_t dropped = pieces.size() >= prefix_pieces_ ? prefix_pieces_ : 0;
  for (const auto& piece : std::span(pieces).subspan(dropped)) {
    Token token{piece.id, text.front().begin, text.front().begin};
    bool found = false;
    for (const auto& source :
         std::span(normal.sources).subspan(piece.begin, piece.end - piece.begin)) {
      if (source.end <= prefix) continue;
      const size_t first = std::max<size_t>(source.begin, prefix) - prefix;
      const auto begin = canonical[owners[first]].begin;
      const auto end = canonical[owners[source.end - prefix - 1]].end;
      if (begin == end) continue;  // the "▁" in front of the text
      if (!found) token.begin = begin;
      token.end = end;
      found = true;
    }
    out.push_back(token);
  }
  const auto kept = std::span(pieces).subspan(dropped);
  if (kept.empty() || kept[0].text != "\u2581") return 0;
  return kept.size() > 1 && is_special(kept[1].text) ? 2 : 1;
}

void SiglipTokenizer::append_pieces(std::string_view text, std::vector<Token>& out) const {
  thread_local std::vector<NormalCharacter> decoded, characters;
  decode_utf8(text, decoded);
  characters.assign(1, {kSpaceMark, 0, 0});
  for (auto c : decoded) {
    if (c.code_point == kSpaceMark) c.code_point = ' ';
    if (options_.lowercase) {
      append_lower(c, characters);
    } else {
      characters.push_back(c);
    }
  }
  size_t leading = 0;  // 1: the text is a bare "▁" so far
  bool drop = false;
  split_at_literals(
      characters, literals_,
      [&](Text plain) {
        const bool first = out.empty();
        const size_t found = append_chunk(plain, out);
        if (first) leading = out.size() == 1 ? found : 0;
        drop = drop || (first && found == 2);
      },
      [&](const Literal& literal, Text found) {
        drop = drop || (leading == 1 && out.size() == 1);
        out.push_back({literal.id, found.front().begin, found.back().end});
      });
  if (drop) out.erase(out.begin());  // as SiglipTokenizer does it
}

bool SiglipTokenizer::is_fallback(int32_t id) const {
  return fallbacks_.at(static_cast<size_t>(id));
}

}  // namespace clipstill::text
