#include "text/wordpiece.h"

#include <algorithm>
#include <unordered_set>

#include "core/error.h"
#include "core/hash.h"
#include "text/bert_normalizer.h"
#include "text/unicode.h"

namespace clipstill::text {
namespace {

constexpr std::string_view kContinuation = "##";
constexpr size_t kMaxTextBytes = UINT32_MAX;  // positions of tokens are 32 bits wide

bool is_utf8(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    const size_t begin = position;
    if (next_code_point(text, position) == 0xfffd && text.substr(begin, 3) != "\xef\xbf\xbd") {
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_special_token(std::string_view token) {
  return std::ranges::find(kSpecialTokens, token) != std::end(kSpecialTokens);
}

WordPieceTokenizer::WordPieceTokenizer(std::vector<std::string> vocabulary,
                                       WordPieceOptions options)
    : vocabulary_(std::move(vocabulary)), options_(options) {
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < vocabulary_.size(); ++i) {
    const std::string_view token = vocabulary_[i];
    const auto id = static_cast<int32_t>(i);
    if (token.empty() || !seen.insert(token).second) {
      fail(ErrorCode::kBadData, "vocabulary: token {} (\"{}\") is {}", i, token,
           token.empty() ? "empty" : "there twice");
    }
    if (!is_utf8(token)) fail(ErrorCode::kBadData, "vocabulary: token {} is not valid UTF-8", i);
    if (is_special_token(token)) special_ids_.push_back(id);
    if (token.starts_with(kContinuation) && token.size() > kContinuation.size()) {
      continuations_.insert(token.substr(kContinuation.size()), id);
    }
    words_.insert(token, id);
  }
  if (options_.max_characters_per_word < 1) {
    fail(ErrorCode::kBadData, "max_characters_per_word is {}; expected at least 1",
         options_.max_characters_per_word);
  }
  padding_id_ = require("[PAD]");
  unknown_id_ = require("[UNK]");
  start_id_ = require("[CLS]");
  end_id_ = require("[SEP]");
}

int32_t WordPieceTokenizer::require(std::string_view token) const {
  const auto match = words_.longest(token);
  if (match.id < 0 || match.length != token.size()) {
    fail(ErrorCode::kBadData, "vocabulary: the special token {} is missing among {} tokens", token,
         vocabulary_.size());
  }
  return match.id;
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

void WordPieceTokenizer::encode_pieces(std::string_view text, std::vector<Token>& out) const {
  out.clear();
  if (text.size() > kMaxTextBytes) {
    fail(ErrorCode::kBadData, "a text of {} bytes; at most {} are tokenised", text.size(),
         kMaxTextBytes);
  }
  size_t plain = 0;  // start of the text that is not yet encoded
  for (size_t i = text.find('['); i != std::string_view::npos; i = text.find('[', i + 1)) {
    for (const int32_t id : special_ids_) {
      const std::string_view special = vocabulary_[id];
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

void WordPieceTokenizer::encode(std::string_view text, int context, std::vector<Token>& out,
                                bool* truncated) const {
  if (context < 2) {
    fail(ErrorCode::kUsage, "context {} has no room for [CLS] and [SEP]; use at least 2", context);
  }
  encode_pieces(text, out);
  const size_t room = static_cast<size_t>(context) - 2;
  if (truncated != nullptr) *truncated = out.size() > room;
  if (out.size() > room) out.resize(room);
  out.insert(out.begin(), Token{start_id_, 0, 0});
  out.push_back({end_id_, 0, 0});
}

int64_t WordPieceTokenizer::vocabulary_size() const {
  return static_cast<int64_t>(vocabulary_.size());
}

std::string_view WordPieceTokenizer::token(int32_t id) const {
  if (id < 0 || id >= vocabulary_size()) {
    fail(ErrorCode::kBadData, "token id {} is outside the vocabulary of {}", id,
         vocabulary_.size());
  }
  return vocabulary_[id];
}

int32_t WordPieceTokenizer::padding_id() const {
  return padding_id_;
}
int32_t WordPieceTokenizer::unknown_id() const {
  return unknown_id_;
}

std::string WordPieceTokenizer::fingerprint() const {
  return hash_hex(to_json());
}

}  // namespace clipstill::text
