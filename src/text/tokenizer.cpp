#include "text/tokenizer.h"

#include <algorithm>
#include <unordered_set>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/parallel.h"
#include "text/tokenizer_files.h"
#include "text/unicode.h"

namespace clipstill::text {
namespace {

constexpr size_t kMaxTextBytes = UINT32_MAX;  // positions of tokens are 32 bits wide

}  // namespace

Tokenizer::Tokenizer(std::vector<std::string> vocabulary, const SpecialTokens& special)
    : vocabulary_(std::move(vocabulary)), repeat_end_(special.repeat_end) {
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < vocabulary_.size(); ++i) {
    const std::string_view token = vocabulary_[i];
    if (token.empty() || !seen.insert(token).second) {
      fail(ErrorCode::kBadData, "vocabulary: token {} (\"{}\") is {}", i, token,
           token.empty() ? "empty" : "there twice");
    }
    if (!is_utf8(token)) fail(ErrorCode::kBadData, "vocabulary: token {} is not valid UTF-8", i);
  }
  if (special.start) start_id_ = require(*special.start);
  end_id_ = require(special.end);
  padding_id_ = require(special.padding);
}

int32_t Tokenizer::require(std::string_view token) const {
  const auto entry = std::ranges::find(vocabulary_, token);
  if (entry == vocabulary_.end()) {
    fail(ErrorCode::kBadData, "vocabulary: the special token {} is missing among {} tokens", token,
         vocabulary_.size());
  }
  return static_cast<int32_t>(entry - vocabulary_.begin());
}

void Tokenizer::encode_pieces(std::string_view text, std::vector<Token>& out) const {
  out.clear();
  if (text.size() > kMaxTextBytes) {
    fail(ErrorCode::kBadData, "a text of {} bytes; at most {} are tokenised", text.size(),
         kMaxTextBytes);
  }
  append_pieces(text, out);
}

void Tokenizer::encode(std::string_view text, int context, std::vector<Token>& out,
                       bool* truncated) const {
  const int specials = start_id_ ? 2 : 1;
  if (context < specials) {
    fail(ErrorCode::kUsage, "context {} has no room for {}{}; use at least {}", context,
         start_id_ ? fmt::format("{} and ", token(*start_id_)) : "", token(end_id_), specials);
  }
  encode_pieces(text, out);
  const auto room = static_cast<size_t>(context - specials);
  if (truncated != nullptr) *truncated = out.size() > room;
  if (out.size() > room) out.resize(room);
  if (start_id_) out.insert(out.begin(), Token{*start_id_, 0, 0});
  if (repeat_end_ || out.empty() || out.back().id != end_id_) out.push_back({end_id_, 0, 0});
}

TokenBatch Tokenizer::encode_batch(std::span<const std::string_view> texts, int context,
                                   bool pad_to_context, int threads) const {
  constexpr size_t kChunk = 256;  // texts; starting a thread must pay
  const size_t chunks = (texts.size() + kChunk - 1) / kChunk;
  std::vector<std::vector<int32_t>> ids(chunks);  // of the texts of a chunk, one after the other
  std::vector<size_t> sizes(texts.size());
  parallel_for(
      chunks,
      [&](size_t chunk) {
        std::vector<Token> tokens;
        for (size_t i = chunk * kChunk; i < std::min(texts.size(), (chunk + 1) * kChunk); ++i) {
          encode(texts[i], context, tokens);
          sizes[i] = tokens.size();
          for (const auto& token : tokens) ids[chunk].push_back(token.id);
        }
      },
      threads);
  size_t length = pad_to_context ? static_cast<size_t>(context) : 0;
  for (const size_t size : sizes) length = std::max(length, size);
  TokenBatch batch{.rows = static_cast<int64_t>(texts.size()),
                   .length = static_cast<int64_t>(length),
                   .ids = std::vector<int64_t>(texts.size() * length, padding_id()),
                   .mask = std::vector<uint8_t>(texts.size() * length, 0)};
  size_t next = 0;  // in its chunk
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i % kChunk == 0) next = 0;
    const auto row = std::span(ids[i / kChunk]).subspan(next, sizes[i]);
    std::ranges::copy(row, batch.ids.begin() + static_cast<ptrdiff_t>(i * length));
    std::fill_n(batch.mask.begin() + static_cast<ptrdiff_t>(i * length), sizes[i], uint8_t{1});
    next += sizes[i];
  }
  return batch;
}

std::string_view Tokenizer::token(int32_t id) const {
  if (id < 0 || id >= vocabulary_size()) {
    fail(ErrorCode::kBadData, "token id {} is outside the vocabulary of {}", id,
         vocabulary_.size());
  }
  return vocabulary_[static_cast<size_t>(id)];
}

std::string Tokenizer::fingerprint() const {
  return hash_hex(files().front().second);
}

void write_tokenizer(const std::filesystem::path& folder, const Tokenizer& tokenizer) {
  const auto files = tokenizer.files();
  for (const char* other : kTokenizerFiles) {
    const auto is_other = [&](const auto& file) { return file.first != other; };
    if (std::ranges::all_of(files, is_other)) std::filesystem::remove(folder / other);
  }
  for (const auto& [name, content] : files) write_file(folder / name, content);
}

void refuse_second_tokenizer(const std::filesystem::path& folder, std::string_view file) {
  for (const char* other : kVocabularyFiles) {
    if (other == file || !std::filesystem::exists(folder / other)) continue;
    fail(ErrorCode::kBadData,
         "{}: a second tokenizer beside {}; remove the one that is not the model's",
         (folder / other).string(), file);
  }
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  if (fs::is_directory(path)) {
    // SigLIP's folders have a tokenizer.json besides, which AutoTokenizer does not use either.
    for (const char* name : {kSpieceModel, kTokenizerJson, "vocab.txt", "vocab.json"}) {
      if (fs::exists(path / name)) return load_tokenizer(path / name);
    }
    fail(ErrorCode::kMissingFile,
         "{}: expected spiece.model, tokenizer.json, vocab.txt, or vocab.json and merges.txt there",
         path.string());
  }
  if (path.filename() == "vocab.json" || path.filename() == "merges.txt") {
    return clip_bpe_from_files(path.parent_path());
  }
  if (path.extension() == ".model") return siglip_from_model_file(path);
  if (path.extension() == ".txt") return wordpiece_from_vocab_file(path);
  return tokenizer_from_json(read_file(path, kMaxTokenizerBytes), path);
}

}  // namespace clipstill::text
