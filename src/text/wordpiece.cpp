#include "text/wordpiece.h"

#include <algorithm>

#include "core/error.h"
#include "text/bert_normalizer.h"
#include "text/unicode.h"

namespace clipstill::text {
namespace {

constexpr std::string_view kContinuation = "##";

}  // namespace

bool is_special_token(std::string_view token) {
  return std::ranges::find(kSpecialTokens, token) != std::end(kSpecialTokens);
}

WordPieceTokenizer::WordPieceTokenizer(std::vector<std::string> vocabulary,
                                       WordPieceOptions options)
    : Tokenizer(std::move(vocabulary), {.start = "[CLS]", .end = "[SEP]", .padding = "[PAD]"}),
      options_(options),
      unknown_id_(require("[UNK]")) {
  for (int32_t id = 0; id < vocabulary_size(); ++id) {
    const auto piece = token(id);
    if (is_special_token(piece)) special_ids_.push_back(id);
    if (piece.starts_with(kContinuation) && piece.size() > kContinuation.size()) {
      continuations_.insert(piece.substr(kContinuation.size()), id);
    }
    words_.insert(piece, id);
  }
  if (options_.max_characters_per_word < 1) {
    fail(ErrorCode::kBadData, "max_characters_per_word is {}; expected at least 1",
         options_.max_characters_per_word);
  }
}

// Greedy longest match; the whole word is unknown if a part has no piece.
void WordPieceTokenizer::encode_word(std::span<const NormalCharacter> word,
                                     std::vector<Token>& out) const {
  thread_local std::string bytes;
  thread_local std::vector<uint32_t> owners;  // index in `word` of each of `bytes`
  const Token unknown{unknown_id_, word.front().begin, word.back().end};
  if (word.size() > static_cast<size_t>(options_.max_characters_per_word)) {
    out.push_back(unknown);
    return;
  }
  bytes.clear();
  owners.clear();
  for (size_t i = 0; i < word.size(); ++i) {
    append_utf8(word[i].code_point, bytes);
    owners.resize(bytes.size(), static_cast<uint32_t>(i));
  }
  const std::string_view rest = bytes;
  const size_t first = out.size();
  for (size_t position = 0; position < bytes.size();) {
    const auto& trie = position == 0 ? words_ : continuations_;
    const auto match = trie.longest(rest.substr(position));
    if (match.id < 0) {
      out.resize(first);
      out.push_back(unknown);
      return;
    }
    const size_t last = position + match.length - 1;
    out.push_back({match.id, word[owners[position]].begin, word[owners[last]].end});
    position = last + 1;
  }
}

void WordPieceTokenizer::encode_plain(std::string_view text, uint32_t base,
                                      std::vector<Token>& out) const {
  thread_local std::vector<NormalCharacter> characters;
  bert_normalize(text, base, options_, characters);
  for_each_word(characters, [&](auto word) { encode_word(word, out); });
}

void WordPieceTokenizer::append_pieces(std::string_view text, std::vector<Token>& out) const {
  size_t plain = 0;  // start of the text that is not yet encoded
  for (size_t i = text.find('['); i != std::string_view::npos; i = text.find('[', i + 1)) {
    for (const int32_t id : special_ids_) {
      const std::string_view special = token(id);
      if (!text.substr(i).starts_with(special)) continue;
      encode_plain(text.substr(plain, i - plain), static_cast<uint32_t>(plain), out);
      out.push_back({id, static_cast<uint32_t>(i), static_cast<uint32_t>(i + special.size())});
      plain = i + special.size();
      i = plain - 1;
      break;
    }
  }
  encode_plain(text.substr(plain), static_cast<uint32_t>(plain), out);
}

}  // namespace clipstill::text
