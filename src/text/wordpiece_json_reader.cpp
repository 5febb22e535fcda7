// `tokenizer.json` of a BERT WordPiece tokenizer.
#include <map>

#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

WordPieceOptions read_options(const TokenizerJson& file) {
  file.section("pre_tokenizer", "BertPreTokenizer");
  const auto& normalizer = file.section("normalizer", "BertNormalizer");
  WordPieceOptions options;
  options.clean_text = normalizer.at("clean_text").get<bool>();
  options.handle_chinese_chars = normalizer.at("handle_chinese_chars").get<bool>();
  options.lowercase = normalizer.at("lowercase").get<bool>();
  const auto strip = normalizer.value("strip_accents", json());  // null: as lowercase
  options.strip_accents = strip.is_null() ? options.lowercase : strip.get<bool>();
  const auto& longest = file.root()["model"].at("max_input_chars_per_word");
  if (!longest.is_number_unsigned() || longest.get<uint64_t>() > INT32_MAX) {
    refuse("model.max_input_chars_per_word", longest, "a positive number");
  }
  options.max_characters_per_word = longest.get<int>();
  return options;
}

// The specials of the vocabulary, all of them and nothing else, matched before normalisation.
void check_special_tokens(const TokenizerJson& file, const WordPieceTokenizer& tokenizer) {
  const auto& added = file.root().at("added_tokens");
  if (!added.is_array()) refuse("added_tokens", added, "an array");
  std::map<std::string, int> found;
  for (const auto& token : added) {
    const auto content = token.at("content").get<std::string>();
    if (!is_special_token(content)) {
      refuse("an added token", token["content"], "[PAD], [UNK], [CLS], [SEP] and [MASK]");
    }
    TokenizerJson::added_token_id(token, tokenizer.vocabulary());
    expect(token, "normalized", {false}, "added_tokens: " + content + ".");
    ++found[content];
  }
  for (const auto& token : tokenizer.vocabulary()) {
    if (!is_special_token(token)) continue;
    if (found[token] != 1) refuse("added_tokens: " + token, found[token], "one of each");
  }
}

}  // namespace

std::unique_ptr<WordPieceTokenizer> wordpiece_from_json(const TokenizerJson& file) {
  const auto& model = file.section("model", "WordPiece");
  expect(model, "unk_token", {"[UNK]"}, "model.");
  expect(model, "continuing_subword_prefix", {"##"}, "model.");
  auto tokenizer = std::make_unique<WordPieceTokenizer>(
      read_vocabulary(model.at("vocab"), "model.vocab"), read_options(file));
  check_special_tokens(file, *tokenizer);
  file.check_post_processor("BertProcessing", *tokenizer);
  file.check_lengths(tokenizer->padding_id());
  return tokenizer;
}

}  // namespace clipstill::text
