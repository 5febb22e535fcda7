#include "text/piece_map.h"

#include <optional>
#include <string_view>
#include <typeinfo>
#include <unordered_map>

namespace clipstill::text {
namespace {

// What a piece looks like in a text: without the signs of WordPiece, CLIP and SentencePiece.
std::string_view plain(std::string_view piece) {
  constexpr std::string_view kContinued = "##", kWordEnd = "</w>", kSpace = "\u2581";
  if (piece.starts_with(kContinued)) piece.remove_prefix(kContinued.size());
  if (piece.starts_with(kSpace)) piece.remove_prefix(kSpace.size());
  if (piece.ends_with(kWordEnd)) piece.remove_suffix(kWordEnd.size());
  return piece;
}

std::optional<int32_t> special_in(const Tokenizer& other, const Tokenizer& vocabulary, int32_t id) {
  if (id == vocabulary.start_id()) return other.start_id().value_or(other.end_id());
  if (id == vocabulary.end_id()) return other.end_id();
  if (id == vocabulary.padding_id()) return other.padding_id();
  return std::nullopt;
}

}  // namespace

std::vector<std::vector<int32_t>> pieces_in(const Tokenizer& other, const Tokenizer& vocabulary) {
  // Forms tell something only within one kind: "cat" is a word of WordPiece, but of CLIP a piece
  // that another one follows.
  std::unordered_map<std::string_view, int32_t> ids;
  if (typeid(other) == typeid(vocabulary)) {
    for (size_t id = 0; id < other.vocabulary().size(); ++id) {
      ids.emplace(other.vocabulary()[id], static_cast<int32_t>(id));
    }
  }
  std::vector<std::vector<int32_t>> map(vocabulary.vocabulary().size());
  std::vector<Token> pieces;
  for (size_t i = 0; i < map.size(); ++i) {
    const auto id = static_cast<int32_t>(i);
    if (const auto special = special_in(other, vocabulary, id)) {
      map[i] = {*special};
    } else if (const auto same = ids.find(vocabulary.token(id)); same != ids.end()) {
      map[i] = {same->second};
    } else if (!vocabulary.is_fallback(id)) {
      other.encode_pieces(plain(vocabulary.token(id)), pieces);
      for (const auto& piece : pieces) {
        if (!other.is_fallback(piece.id)) map[i].push_back(piece.id);
      }
    }
  }
  return map;
}

}  // namespace clipstill::text
