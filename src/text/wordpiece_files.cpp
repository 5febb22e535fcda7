// `vocab.txt` and `tokenizer_config.json`, as Hugging Face's BertTokenizer folders hold them.
#include "core/error.h"
#include "core/files.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

// A flag of the config that we only do in one way, which is also what a missing one means.
void expect_default(const json& config, const char* key, const json& wanted) {
  if (config.contains(key)) expect(config, key, {wanted}, "");
}

WordPieceOptions options_of(const json& config) {
  expect_default(config, "do_basic_tokenize", true);
  expect_default(config, "wordpieces_prefix", "##");
  for (const auto& [key, special] : {std::pair{"pad_token", "[PAD]"},
                                     {"unk_token", "[UNK]"},
                                     {"cls_token", "[CLS]"},
                                     {"sep_token", "[SEP]"},
                                     {"mask_token", "[MASK]"}}) {
    if (const auto found = token_content(config.value(key, json(special))); found != special) {
      fail(ErrorCode::kBadData, "{} is \"{}\"; clipstill reads only {}", key, found, special);
    }
  }
  if (const auto name = config.value("tokenizer_class", "BertTokenizer");
      name != "BertTokenizer" && name != "BertTokenizerFast") {
    fail(ErrorCode::kBadData, "tokenizer_class is {}; clipstill reads vocab.txt of BertTokenizer",
         name);
  }
  const auto added = config.value("added_tokens_decoder", json::object());
  for (const auto& [id, token] : added.items()) {
    if (!is_special_token(token_content(token))) {
      fail(ErrorCode::kBadData,
           "added_tokens_decoder {} is \"{}\"; clipstill reads no added tokens", id,
           token_content(token));
    }
    for (const char* flag : {"single_word", "lstrip", "rstrip", "normalized"}) {
      expect_default(token, flag, false);
    }
  }
  WordPieceOptions options;
  options.clean_text = config.value("clean_text", true);
  options.lowercase = config.value("do_lower_case", true);
  options.handle_chinese_chars = config.value("tokenize_chinese_chars", true);
  const auto strip = config.value("strip_accents", json());  // null: as lowercase
  options.strip_accents = strip.is_null() ? options.lowercase : strip.get<bool>();
  return options;
}

WordPieceOptions read_options(const std::filesystem::path& path) {
  const auto config = read_tokenizer_config(path);  // none: bert-base-chinese's
  return naming(path, [&] { return options_of(config); });
}

}  // namespace

std::unique_ptr<WordPieceTokenizer> wordpiece_from_vocab_file(const std::filesystem::path& path) {
  auto tokens = read_lines(path, kMaxTokenizerBytes);
  const auto options = read_options(path.parent_path() / kTokenizerConfig);
  return naming(path,
                [&] { return std::make_unique<WordPieceTokenizer>(std::move(tokens), options); });
}

}  // namespace clipstill::text
