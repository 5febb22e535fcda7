#include "text/unigram.h"

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace clipstill::text {
namespace {

using Kind = SentencePiece::Kind;

constexpr std::string_view kSpace = "\u2581";            // how pieces write a space
constexpr std::string_view kReplacementText = "\ufffd";  // for a byte that belongs to no character
constexpr float kUnknownPenalty = 10;                    // below the lowest score

// Bytes of the character that starts with this byte; 1 for one that starts none.
size_t character_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0xc0) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

// The best way to reach a position of the text.
struct Reached {
  float score = 0;
  int32_t id = 0;
  int64_t from = -1;  // -1: not reached
};

}  // namespace

Unigram::Unigram(const SentencePieceModel& model)
    : byte_fallback_(model.byte_fallback),
      remove_extra_whitespaces_(model.remove_extra_whitespaces),
      charsmap_(model.charsmap) {
  float lowest = std::numeric_limits<float>::max();
  float highest = std::numeric_limits<float>::min();  // the library's start: not below zero
  for (const auto& piece : model.pieces) {
    texts_.push_back(piece.text);
    if (piece.kind != Kind::kNormal) continue;
    lowest = std::min(lowest, piece.score);
    highest = std::max(highest, piece.score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
  for (size_t i = 0; i < texts_.size(); ++i) {
    const auto& piece = model.pieces[i];
    const auto id = static_cast<int32_t>(i);
    ids_[texts_[i]] = id;
    scores_.push_back(piece.score);
    if (piece.kind == Kind::kUnknown) unknown_id_ = id;
    if (piece.kind == Kind::kNormal) trie_.insert(piece.text, id);
    if (piece.kind != Kind::kUserDefined) continue;
    // Not its own score but one that hardly another reaches; a double, as in the library.
    scores_.back() = static_cast<float>(piece.text.size()) * highest - 0.1;
    trie_.insert(piece.text, id);
    user_defined_.insert(piece.text, id);
    has_user_defined_ = true;
  }
  for (size_t byte = 0; byte_fallback_ && byte < byte_ids_.size(); ++byte) {
    const auto piece = ids_.find(fmt::format("<0x{:02X}>", byte));
    if (piece == ids_.end() ||
        model.pieces[static_cast<size_t>(piece->second)].kind != Kind::kByte) {
      fail(ErrorCode::kBadData,
           "byte_fallback is true, but there is no piece <0x{:02X}> of type byte", byte);
    }
    byte_ids_[byte] = piece->second;
  }
}

int32_t Unigram::id_of(std::string_view piece) const {
  const auto entry = ids_.find(piece);
  return entry == ids_.end() ? unknown_id_ : entry->second;
}

// What the beginning of a text is replaced by, and how many bytes of it.
CharsMap::Match Unigram::next_normal(std::string_view text) const {
  if (has_user_defined_) {
    if (const auto match = user_defined_.longest(text); match.id >= 0) {
      return {text.substr(0, match.length), match.length};
    }
  }
  if (const auto match = charsmap_.longest(text); match.length > 0) return match;
  if (!starts_character(text[0])) return {kReplacementText, 1};  // a key ended inside a character
  const size_t size = character_size(text[0]);
  return {text.substr(0, size), size};
}

void Unigram::normalize(std::string_view text, NormalBytes& out) const {
  out.text.clear();
  out.sources.clear();
  bool after_space = remove_extra_whitespaces_;
  for (size_t position = 0; position < text.size();) {
    auto [replacement, length] = next_normal(text.substr(position));
    while (after_space && replacement.starts_with(' ')) replacement.remove_prefix(1);
    for (const char byte : replacement) {
      if (byte == ' ') {
        out.text += kSpace;
      } else {
        out.text.push_back(byte);
      }
      out.sources.resize(out.text.size(), {static_cast<uint32_t>(position),
                                           static_cast<uint32_t>(position + length)});
    }
    if (!replacement.empty()) after_space = remove_extra_whitespaces_ && replacement.ends_with(' ');
    position += length;
  }
  // As the library does it, also where the text itself had U+2581.
  while (remove_extra_whitespaces_ && out.text.ends_with(kSpace)) {
    out.text.resize(out.text.size() - kSpace.size());
  }
  out.sources.resize(out.text.size());
}

// The library stores the score of a path as a float, compares it as a double with that of a piece
// added, and adds that of an unknown character as a float: whoever adds otherwise decides ties
// otherwise.
void Unigram::encode(std::string_view text, NormalBytes& normal, std::vector<Piece>& pieces) const {
  normalize(text, normal);
  pieces.clear();
  const std::string_view all = normal.text;
  thread_local std::vector<Reached> reached;
  reached.assign(all.size() + 1, {});
  for (size_t begin = 0; begin < all.size();) {
    const float before = reached[begin].score;
    const size_t size = std::min(character_size(all[begin]), all.size() - begin);
    bool alone = false;  // whether the character at `begin` is a piece
    trie_.for_each_prefix(all.substr(begin), [&](int32_t id, size_t length) {
      auto& target = reached[begin + length];
      const double score = scores_[static_cast<size_t>(id)] + static_cast<double>(before);
      if (target.from < 0 || score > static_cast<double>(target.score)) {
        target = {static_cast<float>(score), id, static_cast<int64_t>(begin)};
      }
      alone = alone || length == size;
    });
    if (!alone) {
      auto& target = reached[begin + size];
      const float score = unknown_score_ + before;
      if (target.from < 0 || score > target.score) {
        target = {score, unknown_id_, static_cast<int64_t>(begin)};
      }
    }
    begin += size;
  }
  thread_local std::vector<size_t> ends;  // of the pieces of the best way, the last first
  ends.clear();
  for (size_t end = all.size(); end > 0; end = static_cast<size_t>(reached[end].from)) {
    ends.push_back(end);
  }
  bool after_unknown = false;
  for (auto it = ends.rbegin(); it != ends.rend(); ++it) {
    const size_t end = *it;
    const auto begin = static_cast<size_t>(reached[end].from);
    const Piece piece{reached[end].id, all.substr(begin, end - begin), static_cast<uint32_t>(begin),
                      static_cast<uint32_t>(end)};
    const bool unknown = piece.id == unknown_id_;
    if (unknown && byte_fallback_) {
      for (const char byte : piece.text) {
        const int32_t id = byte_ids_[static_cast<unsigned char>(byte)];
        pieces.push_back({id, texts_[static_cast<size_t>(id)], piece.begin, piece.end});
      }
    } else if (unknown && after_unknown) {  // unknown characters in a row are one piece
      auto& last = pieces.back();
      last.end = piece.end;
      last.text = all.substr(last.begin, end - last.begin);
    } else {
      pieces.push_back(piece);
    }
    after_unknown = unknown;
  }
  // The characters may happen to be the name of a piece that no text gets otherwise.
  for (auto& piece : pieces) {
    if (piece.id == unknown_id_) piece.id = id_of(piece.text);
  }
}

}  // namespace clipstill::text
