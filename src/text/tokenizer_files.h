// Readers of the tokenizer files that load_tokenizer() finds.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "text/wordpiece.h"

namespace clipstill::text {

constexpr uint64_t kMaxTokenizerBytes = uint64_t{64} << 20;

std::unique_ptr<WordPieceTokenizer> wordpiece_from_json(std::string_view text,
                                                        const std::string& origin);
/// `vocab.txt`, one token a line; settings from `tokenizer_config.json` beside it.
std::unique_ptr<WordPieceTokenizer> wordpiece_from_vocab_file(const std::filesystem::path& path);

}  // namespace clipstill::text
