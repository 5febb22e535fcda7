#include "text/vocabulary.h"

#include <map>
#include <set>
#include <string>

#include "core/error.h"
#include "text/bert_normalizer.h"
#include "text/piece_merger.h"
#include "text/unicode.h"

namespace clipstill::text {
namespace {

// The distinct words of the corpus that can be made of pieces, and how often each occurs.
std::map<std::string, int64_t> count_words(std::span<const std::string_view> corpus,
                                           const WordPieceOptions& options) {
  std::map<std::string, int64_t> counts;
  std::vector<NormalCharacter> characters;
  std::string bytes;
  for (const auto text : corpus) {
    bert_normalize(text, 0, options, characters);
    for_each_word(characters, [&](auto word) {
      if (word.size() > static_cast<size_t>(options.max_characters_per_word)) return;
      bytes.clear();
      for (const auto& c : word) append_utf8(c.code_point, bytes);
      ++counts[bytes];
    });
  }
  return counts;
}

std::vector<std::string> characters_of(const std::string& word) {
  std::vector<std::string> pieces;
  for (size_t position = 0; position < word.size();) {
    const size_t begin = position;
    next_code_point(word, position);
    pieces.push_back((begin > 0 ? "##" : "") + word.substr(begin, position - begin));
  }
  return pieces;
}

}  // namespace

std::unique_ptr<WordPieceTokenizer> build_wordpiece(std::span<const std::string_view> corpus,
                                                    int64_t size, int64_t min_frequency,
                                                    WordPieceOptions options) {
  PieceMerger merger;
  std::map<std::string, int64_t> characters;
  for (const auto& [word, count] : count_words(corpus, options)) {
    const auto pieces = characters_of(word);
    for (const auto& piece : pieces) characters[piece] += count;
    merger.add_word(pieces, count);
  }
  std::vector<std::string> vocabulary(std::begin(kSpecialTokens), std::end(kSpecialTokens));
  for (const auto& [piece, count] : characters) {
    if (count >= min_frequency) vocabulary.push_back(piece);
  }
  if (static_cast<int64_t>(vocabulary.size()) > size) {
    fail(ErrorCode::kUsage,
         "the corpus needs {} tokens for its characters alone, {} are allowed; allow more, or "
         "raise the minimum frequency from {}",
         vocabulary.size(), size, min_frequency);
  }
  std::set<std::string> known(vocabulary.begin(), vocabulary.end());
  while (static_cast<int64_t>(vocabulary.size()) < size) {
    const auto piece = merger.merge_next();
    if (piece.empty()) break;
    if (known.insert(piece).second) vocabulary.push_back(piece);
  }
  return std::make_unique<WordPieceTokenizer>(std::move(vocabulary), options);
}

TrimmedVocabulary trim_wordpiece(const WordPieceTokenizer& tokenizer,
                                 std::span<const std::string_view> corpus, int64_t min_frequency) {
  std::vector<int64_t> counts(static_cast<size_t>(tokenizer.vocabulary_size()));
  std::vector<Token> tokens;
  for (const auto text : corpus) {
    tokenizer.encode_pieces(text, tokens);
    for (const auto& token : tokens) ++counts[token.id];
  }
  TrimmedVocabulary trimmed;
  std::vector<std::string> vocabulary;
  for (size_t id = 0; id < counts.size(); ++id) {
    const auto& token = tokenizer.vocabulary()[id];
    if (!is_special_token(token) && counts[id] < min_frequency) continue;
    vocabulary.push_back(token);
    trimmed.kept_ids.push_back(static_cast<int32_t>(id));
  }
  trimmed.tokenizer =
      std::make_unique<WordPieceTokenizer>(std::move(vocabulary), tokenizer.options());
  return trimmed;
}

}  // namespace clipstill::text
