#include "text/clip_bpe.h"

#include <algorithm>
#include <unordered_map>

#include "core/error.h"
#include "text/clip_normalizer.h"
#include "text/literals.h"
#include "text/unicode.h"

namespace clipstill::text {
namespace {

constexpr std::string_view kWordEnd = "</w>";

using Ids = std::unordered_map<std::string_view, int32_t>;

// GPT-2's alphabet: the visible character that stands for each byte, its own where it has one,
// otherwise one from U+0100 on.
const std::array<char32_t, 256>& byte_characters() {
  static const auto characters = [] {
    std::array<char32_t, 256> out{};
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < out.size(); ++byte) {
      const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte != 0xad);
      out[byte] = visible ? byte : next++;
    }
    return out;
  }();
  return characters;
}

// The bytes that a piece stands for; those of other characters than the alphabet's are dropped.
std::string bytes_of(std::string_view piece) {
  static const auto bytes = [] {
    std::unordered_map<char32_t, char> out;
    for (size_t i = 0; i < 256; ++i) out[byte_characters()[i]] = static_cast<char>(i);
    return out;
  }();
  std::string out;
  for (size_t position = 0; position < piece.size();) {
    const auto byte = bytes.find(next_code_point(piece, position));
    if (byte != bytes.end()) out.push_back(byte->second);
  }
  return out;
}

std::string_view without_word_end(std::string_view piece) {
  if (piece.size() > kWordEnd.size() && piece.ends_with(kWordEnd)) {
    piece.remove_suffix(kWordEnd.size());
  }
  return piece;
}

bool is_one_character(std::string_view text) {
  size_t position = 0;
  next_code_point(text, position);
  return position == text.size();
}

std::vector<BpeMerge> read_merges(const std::vector<std::string>& lines, const Ids& ids) {
  std::vector<BpeMerge> merges;
  for (const auto& line : lines) {
    const size_t space = line.find(' ');
    if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos) {
      fail(ErrorCode::kBadData, "merge {} is \"{}\"; expected two tokens and a space between them",
           merges.size(), line);
    }
    const auto id_of = [&](const std::string& token) {
      const auto entry = ids.find(token);
      if (entry == ids.end()) {
        fail(ErrorCode::kBadData,
             "merge {} (\"{}\"): \"{}\" is not in the vocabulary of {} tokens; vocabulary and "
             "merges must be of one model",
             merges.size(), line, token, ids.size());
      }
      return entry->second;
    };
    const auto left = line.substr(0, space), right = line.substr(space + 1);
    merges.push_back({id_of(left), id_of(right), id_of(left + right)});
  }
  return merges;
}

}  // namespace

ClipBpeTokenizer::ClipBpeTokenizer(ClipBpeParts parts)
    : Tokenizer(std::move(parts.vocabulary),
                {.start = parts.start, .end = parts.end, .padding = parts.padding}),
      unknown_id_(require(parts.unknown)),
      special_words_(parts.special_words),
      added_(std::move(parts.added)) {
  Ids ids;
  for (size_t i = 0; i < vocabulary().size(); ++i) ids[vocabulary()[i]] = static_cast<int32_t>(i);
  merges_ = BpeMerges(read_merges(parts.merges, ids));
  const auto id_or_unknown = [&](const std::string& token) {
    const auto entry = ids.find(token);
    return entry == ids.end() ? unknown_id_ : entry->second;
  };
  for (size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    std::string token;
    append_utf8(byte_characters()[byte], token);
    byte_ids_[byte] = id_or_unknown(token);
    last_byte_ids_[byte] = id_or_unknown(token.append(kWordEnd));
  }
  std::vector<NormalCharacter> content, normalized;
  for (const auto& added : added_) {
    decode_utf8(token(added.id), content);
    clip_normalize(content, normalized);
    (added.normalized ? after_ : before_)
        .push_back({code_points_of(added.normalized ? normalized : content), added.id});
  }
  sort_longest_first(before_);
  sort_longest_first(after_);
  size_t composite = 0;  // tokens that only merges can make
  for (int32_t id = 0; id < vocabulary_size(); ++id) {
    const auto piece = without_word_end(token(id));
    fallbacks_.push_back(id == unknown_id_ || !is_utf8(bytes_of(piece)));
    if (!is_one_character(piece) &&
        std::ranges::find(added_, id, &ClipAddedToken::id) == added_.end()) {
      ++composite;
    }
  }
  if (merges_.list().size() < composite) {
    fail(ErrorCode::kBadData,
         "{} merges for {} tokens that only merges can make; some are missing, and texts would get "
         "other ids than the model was trained with",
         merges_.list().size(), composite);
  }
}

void ClipBpeTokenizer::append_word(Text word, std::vector<Token>& out) const {
  thread_local std::string bytes;
  thread_local std::vector<uint32_t> owners;  // index in `word` of each of `bytes`
  thread_local std::vector<BpePiece> pieces;
  bytes.clear();
  owners.clear();
  pieces.clear();
  for (size_t i = 0; i < word.size(); ++i) {
    append_utf8(word[i].code_point, bytes);
    owners.resize(bytes.size(), static_cast<uint32_t>(i));
  }
  for (const char byte : bytes) pieces.push_back({byte_ids_[static_cast<unsigned char>(byte)], 1});
  pieces.back().id = last_byte_ids_[static_cast<unsigned char>(bytes.back())];
  merges_.apply(pieces);
  size_t position = 0;
  for (const auto& piece : pieces) {
    const size_t last = position + piece.size - 1;
    out.push_back({piece.id, word[owners[position]].begin, word[owners[last]].end});
    position = last + 1;
  }
}

void ClipBpeTokenizer::append_words(Text text, std::vector<Token>& out) const {
  for_each_clip_word(text, special_words_, [&](Text word) { append_word(word, out); });
}

void ClipBpeTokenizer::append_normalized(Text text, std::vector<Token>& out) const {
  thread_local std::vector<NormalCharacter> normalized;
  clip_normalize(text, normalized);
  split_at_literals(
      normalized, after_, [&](Text plain) { append_words(plain, out); },
      [&](const Literal& literal, Text found) {
        out.push_back({literal.id, found.front().begin, found.back().end});
      });
}

void ClipBpeTokenizer::append_pieces(std::string_view text, std::vector<Token>& out) const {
  thread_local std::vector<NormalCharacter> characters;
  decode_utf8(text, characters);
  split_at_literals(
      characters, before_, [&](Text plain) { append_normalized(plain, out); },
      [&](const Literal& literal, Text found) {
        out.push_back({literal.id, found.front().begin, found.back().end});
      });
}

bool ClipBpeTokenizer::is_fallback(int32_t id) const {
  return fallbacks_.at(static_cast<size_t>(id));
}

}  // namespace clipstill::text
