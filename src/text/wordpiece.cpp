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
constexpr std::string_view kSpecials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

bool is_special(std::string_view token) {
  return std::find(std::begin(kSpecials), std::end(kSpecials), token) != std::end(kSpecials);
}

}  // namespace

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
    if (is_special(token)) special_ids_.push_back(id);
    if (token.starts_with(kContinuation) && token.size() > kContinuation.size()) {
      continuations_.insert(token.substr(kContinuation.size()), id);
    }
    words_.insert(token, id);
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
void WordPieceTokenizer::encode_word(std::string_view word, size_t characters,
                                     std::span<const uint32_t> begins,
                                     std::span<const uint32_t> ends,
                                     std::vector<Token>& out) const {
  const size_t first = out.size();
  const bool too_long = characters > static_cast<size_t>(options_.max_characters_per_word);
  size_t position = 0;
  while (!too_long && position < word.size()) {
    const auto& trie = position == 0 ? words_ : continuations_;
    const auto match = trie.longest(word.substr(position));
    if (match.id < 0) break;
    out.push_back({match.id, begins[position], ends[position + match.length - 1]});
    position += match.length;
  }
  if (position < word.size()) {
    out.resize(first);
    out.push_back({unknown_id_, begins.front(), ends[word.size() - 1]});
  }
}

void WordPieceTokenizer::encode_plain(std::string_view text, uint32_t base,
                                      std::vector<Token>& out) const {
  thread_local std::vector<NormalCharacter> characters;
  thread_local std::string word;
  thread_local std::vector<uint32_t> begins, ends;  // source bytes of each byte of `word`
  size_t count = 0;
  const auto flush = [&] {
    if (!word.empty()) encode_word(word, count, begins, ends, out);
    word.clear();
    begins.clear();
    ends.clear();
    count = 0;
  };
  bert_normalize(text, base, options_, characters);
  for (const auto& c : characters) {
    if (is_white_space(c.code_point)) {
      flush();
      continue;
    }
    const bool alone = is_punctuation(c.code_point);
    if (alone) flush();
    append_utf8(c.code_point, word);
    begins.resize(word.size(), c.begin);
    ends.resize(word.size(), c.end);
    ++count;
    if (alone) flush();
  }
  flush();
}

void WordPieceTokenizer::encode_pieces(std::string_view text, std::vector<Token>& out) const {
  out.clear();
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

int32_t WordPieceTokenizer::padding_id() const { return padding_id_; }
int32_t WordPieceTokenizer::unknown_id() const { return unknown_id_; }

std::string WordPieceTokenizer::fingerprint() const { return hash_hex(to_json()); }

}  // namespace clipstill::text
