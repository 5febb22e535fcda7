#include "text/tokenizer.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {

TokenBatch Tokenizer::encode_batch(std::span<const std::string_view> texts, int context,
                                   bool pad_to_context) const {
  std::vector<std::vector<Token>> rows(texts.size());
  size_t longest = pad_to_context ? static_cast<size_t>(context) : 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    encode(texts[i], context, rows[i]);
    longest = std::max(longest, rows[i].size());
  }
  TokenBatch batch;
  batch.rows = static_cast<int64_t>(texts.size());
  batch.length = static_cast<int64_t>(longest);
  batch.ids.assign(texts.size() * longest, padding_id());
  batch.mask.assign(texts.size() * longest, 0);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = 0; j < rows[i].size(); ++j) {
      batch.ids[i * longest + j] = rows[i][j].id;
      batch.mask[i * longest + j] = 1;
    }
  }
  return batch;
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  if (fs::is_directory(path)) {
    if (fs::exists(path / "tokenizer.json")) return load_tokenizer(path / "tokenizer.json");
    if (fs::exists(path / "vocab.txt")) return wordpiece_from_vocab_file(path / "vocab.txt");
    fail(ErrorCode::kMissingFile, "{}: expected tokenizer.json or vocab.txt there", path.string());
  }
  if (path.extension() == ".txt") return wordpiece_from_vocab_file(path);
  return wordpiece_from_json(read_file(path, kMaxTokenizerBytes), path.string());
}

}  // namespace clipstill::text
