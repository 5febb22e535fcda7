// Readers of the tokenizer files that load_tokenizer() finds.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "text/clip_bpe.h"
#include "text/siglip.h"
#include "text/wordpiece.h"

namespace clipstill::text {

constexpr uint64_t kMaxTokenizerBytes = uint64_t{64} << 20;
constexpr const char* kTokenizerJson = "tokenizer.json";
constexpr const char* kSpieceModel = "spiece.model";
constexpr const char* kTokenizerConfig = "tokenizer_config.json";
constexpr const char* kSpecialTokensMap = "special_tokens_map.json";
/// Those that files() gives: of each kind of tokenizer one.
constexpr const char* kVocabularyFiles[] = {kTokenizerJson, kSpieceModel};
/// And those that are read beside one of them.
constexpr const char* kTokenizerFiles[] = {kTokenizerJson, kSpieceModel, kTokenizerConfig,
                                           kSpecialTokensMap};

/// The text of a `tokenizer.json`; `path` names it in errors, and beside it may be
/// `tokenizer_config.json` with the padding of a CLIP tokenizer.
std::unique_ptr<Tokenizer> tokenizer_from_json(std::string_view text,
                                               const std::filesystem::path& path);

class TokenizerJson;
std::unique_ptr<WordPieceTokenizer> wordpiece_from_json(const TokenizerJson& file);
std::unique_ptr<ClipBpeTokenizer> clip_bpe_from_json(const TokenizerJson& file,
                                                     const std::filesystem::path& config);

/// `vocab.txt`, one token a line; settings from `tokenizer_config.json` beside it.
std::unique_ptr<WordPieceTokenizer> wordpiece_from_vocab_file(const std::filesystem::path& path);
/// `vocab.json` and `merges.txt`; settings from `tokenizer_config.json`, as transformers 5 does it.
std::unique_ptr<ClipBpeTokenizer> clip_bpe_from_files(const std::filesystem::path& folder);
/// `spiece.model`; settings from `tokenizer_config.json`, and where that has no
/// `added_tokens_decoder`, the special tokens from `special_tokens_map.json`.
std::unique_ptr<SiglipTokenizer> siglip_from_model_file(const std::filesystem::path& path);

/// Writes what files() gives, and takes away what else a tokenizer that was there before left.
void write_tokenizer(const std::filesystem::path& folder, const Tokenizer& tokenizer);
/// kBadData naming it: the vocabulary's file of another kind beside `file`.
void refuse_second_tokenizer(const std::filesystem::path& folder, std::string_view file);

}  // namespace clipstill::text
