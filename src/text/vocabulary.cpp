#include "text/vocabulary.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/error.h"
#include "text/bert_normalizer.h"
#include "text/unicode.h"

namespace clipstill::text {
namespace {

const std::vector<std::string> kSpecials{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

// A distinct word of the corpus as a sequence of pieces, and how often it occurs.
struct Word {
  std::vector<std::string> pieces;
  int64_t count = 0;
};

std::map<std::string, int64_t> count_words(std::span<const std::string_view> corpus,
                                           const WordPieceOptions& options) {
  std::map<std::string, int64_t> counts;
  std::vector<NormalCharacter> characters;
  for (const auto text : corpus) {
    std::string word;
    const auto flush = [&] {
      if (!word.empty()) ++counts[word];
      word.clear();
    };
    bert_normalize(text, 0, options, characters);
    for (const auto& c : characters) {
      const bool space = is_white_space(c.code_point), alone = is_punctuation(c.code_point);
      if (space || alone) flush();
      if (!space) append_utf8(c.code_point, word);
      if (alone) flush();
    }
    flush();
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

std::string merged(const std::string& left, const std::string& right) {
  return left + right.substr(2);  // only the first piece of a word lacks "##"
}

using Pair = std::pair<std::string, std::string>;

// Merges of the most frequent neighbours, until the vocabulary is full or no pair occurs twice.
class Merger {
 public:
  explicit Merger(std::vector<Word> words) : words_(std::move(words)) {
    for (size_t i = 0; i < words_.size(); ++i) count(i, +1);
  }

  /// The next merged piece; empty when nothing is left to merge.
  std::string merge_next() {
    const Pair* best = nullptr;
    int64_t best_count = 1;
    for (const auto& [pair, entry] : pairs_) {  // ordered: ties go to the smaller pair
      if (entry.count > best_count) {
        best = &pair;
        best_count = entry.count;
      }
    }
    if (best == nullptr) return {};
    const Pair pair = *best;
    const auto affected = pairs_[pair].words;
    const std::string piece = merged(pair.first, pair.second);
    for (const size_t index : affected) {
      count(index, -1);
      apply(words_[index].pieces, pair, piece);
      count(index, +1);
    }
    return piece;
  }

 private:
  struct Entry {
    int64_t count = 0;
    std::set<size_t> words;
  };

  void count(size_t index, int64_t sign) {
    const auto& word = words_[index];
    for (size_t i = 0; i + 1 < word.pieces.size(); ++i) {
      const Pair pair{word.pieces[i], word.pieces[i + 1]};
      auto& entry = pairs_[pair];
      entry.count += sign * word.count;
      if (sign > 0) {
        entry.words.insert(index);
      } else {
        entry.words.erase(index);
      }
      if (entry.count == 0) pairs_.erase(pair);
    }
  }

  static void apply(std::vector<std::string>& pieces, const Pair& pair, const std::string& piece) {
    std::vector<std::string> out;
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (i + 1 < pieces.size() && pieces[i] == pair.first && pieces[i + 1] == pair.second) {
        out.push_back(piece);
        ++i;
      } else {
        out.push_back(pieces[i]);
      }
    }
    pieces = std::move(out);
  }

  std::vector<Word> words_;
  std::map<Pair, Entry> pairs_;
};

}  // namespace

std::unique_ptr<WordPieceTokenizer> build_wordpiece(std::span<const std::string_view> corpus,
                                                    int64_t size, int64_t min_frequency,
                                                    WordPieceOptions options) {
  std::vector<Word> words;
  std::map<std::string, int64_t> characters;
  for (const auto& [word, count] : count_words(corpus, options)) {
    words.push_back({characters_of(word), count});
    for (const auto& piece : words.back().pieces) characters[piece] += count;
  }
  std::vector<std::string> vocabulary = kSpecials;
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
  Merger merger(std::move(words));
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
    const bool special = std::find(kSpecials.begin(), kSpecials.end(), token) != kSpecials.end();
    if (!special && counts[id] < min_frequency) continue;
    vocabulary.push_back(token);
    trimmed.kept_ids.push_back(static_cast<int32_t>(id));
  }
  trimmed.tokenizer =
      std::make_unique<WordPieceTokenizer>(std::move(vocabulary), tokenizer.options());
  return trimmed;
}

}  // namespace clipstill::text
