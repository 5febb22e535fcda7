// Reading and writing of tokenizer files, and what is refused.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "fixture.h"
#include "json_refusal.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

class TokenizerFiles : public testing::Test {
 protected:
  void write(const char* name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  void write_vocabulary(const char* line_end = "\n") const {
    std::string content;
    for (const auto& token : tiny_vocabulary()) content += token + line_end;
    write("vocab.txt", content);
  }
  const WordPieceTokenizer& load() {
    tokenizer_ = load_tokenizer(folder_.path());
    return dynamic_cast<const WordPieceTokenizer&>(*tokenizer_);
  }

  ScratchFolder folder_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

class JsonRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(JsonRefusal, NamesWhatItFound) {
  expect_refusal(json::parse(WordPieceTokenizer(tiny_vocabulary()).to_json()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, JsonRefusal,
    testing::Values(
        Refusal{"/normalizer", {{"type", "NFKC"}}, "normalizer is \"NFKC\""},
        Refusal{"/normalizer", nullptr, "normalizer is null"},
        Refusal{"/normalizer/lowercase", "yes", "must be boolean"},
        Refusal{"/pre_tokenizer", {{"type", "ByteLevel"}}, "pre_tokenizer is \"ByteLevel\""},
        Refusal{"/post_processor", nullptr, "post_processor is null"},
        Refusal{"/post_processor", {{"type", "RobertaProcessing"}}, "RobertaProcessing"},
        Refusal{"/post_processor/sep", {"[SEP]", 2}, "post_processor.sep"},
        Refusal{"/post_processor/cls", {"<s>", 2}, "post_processor.cls"},
        Refusal{"/post_processor",
                {{"type", "TemplateProcessing"}, {"single", json::array()}},
                "post_processor.single"},
        Refusal{"/model/type", "Unigram", "model is \"Unigram\""},
        Refusal{"/model/unk_token", "<unk>", "model.unk_token is \"<unk>\""},
        Refusal{"/model/continuing_subword_prefix", "@@", "model.continuing_subword_prefix"},
        Refusal{"/model/max_input_chars_per_word", -1, "model.max_input_chars_per_word"},
        Refusal{"/model/max_input_chars_per_word", 0, "max_characters_per_word"},
        Refusal{"/model/vocab", json::array({"a"}), "model.vocab"},
        Refusal{"/model/vocab/dog", 8, "has id 8"},
        Refusal{"/model/vocab/dog", -1, "\"dog\" has id -1"},
        Refusal{"/model/vocab/dog", 1000, "\"dog\" has id 1000"},
        Refusal{"/added_tokens", json::array(), "added_tokens: [PAD]"},
        Refusal{"/added_tokens/0/content", "<extra>", "<extra>"},
        Refusal{"/added_tokens/0/content", "[MASK]", "added_tokens: [MASK].id"},
        Refusal{"/added_tokens/4/lstrip", true, "added_tokens: [MASK].lstrip is true"},
        Refusal{"/added_tokens/4/normalized", true, "added_tokens: [MASK].normalized is true"},
        Refusal{"/truncation", {{"direction", "Left"}}, "truncation.direction is \"Left\""},
        Refusal{"/padding", {{"direction", "Left"}}, "padding.direction"},
        Refusal{"/padding", {{"direction", "Right"}, {"pad_id", 7}}, "padding.pad_id is 7"}));

TEST(TokenizerJson, RefusesWhatIsNotJson) {
  const auto read = [](std::string text) {
    return [text] { tokenizer_from_json(text, "t.json"); };
  };
  const auto good = WordPieceTokenizer(tiny_vocabulary()).to_json();
  expect_error(ErrorCode::kBadData, {"t.json: "}, read(""));
  expect_error(ErrorCode::kBadData, {"t.json: ", "an object"}, read("[]"));
  expect_error(ErrorCode::kBadData, {"t.json: "}, read("{}"));
  expect_error(ErrorCode::kBadData, {"t.json: "}, read(good.substr(0, good.size() / 2)));
  expect_error(ErrorCode::kBadData, {"t.json: ", "nested"},
               read("{\"truncation\": " + std::string(1 << 20, '[')));
  auto huge = json::parse(good);
  huge["model"] = std::string(1 << 20, 'x');  // the message stays short
  expect_error(ErrorCode::kBadData, {"t.json: model is \"xxxx", "xxx...; clipstill reads"},
               read(huge.dump()));
  for (size_t size = 0; size < good.size() - 2; size += 7) {
    EXPECT_THROW(tokenizer_from_json(good.substr(0, size), "t.json"), Error);
  }
}

TEST(TokenizerJson, ReadsWhatItWrites) {
  WordPieceOptions options{.clean_text = false,
                           .handle_chinese_chars = false,
                           .strip_accents = false,
                           .lowercase = true,
                           .max_characters_per_word = 7};
  const WordPieceTokenizer tokenizer(tiny_vocabulary(), options);
  const auto again = tokenizer_from_json(tokenizer.to_json(), "t.json");
  EXPECT_EQ(again->files(), tokenizer.files());
  EXPECT_EQ(again->fingerprint(), tokenizer.fingerprint());
  EXPECT_NE(again->fingerprint(), WordPieceTokenizer(tiny_vocabulary()).fingerprint());
}

TEST(TokenizerJson, AcceptsTheTemplateOfBert) {
  auto root = json::parse(WordPieceTokenizer(tiny_vocabulary()).to_json());
  root["normalizer"]["strip_accents"] = nullptr;  // as lowercase
  const auto special = [](const char* id) {
    return json{{"SpecialToken", {{"id", id}, {"type_id", 0}}}};
  };
  root["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single",
       {special("[CLS]"), {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, special("[SEP]")}},
      {"special_tokens", {{"[CLS]", {{"ids", {2}}}}, {"[SEP]", {{"ids", {3}}}}}}};
  EXPECT_EQ(tokenizer_from_json(root.dump(), "t.json")->fingerprint(),
            WordPieceTokenizer(tiny_vocabulary()).fingerprint());
  root["post_processor"]["special_tokens"]["[SEP]"]["ids"] = {2};
  expect_error(ErrorCode::kBadData, {"post_processor.special_tokens"},
               [&] { tokenizer_from_json(root.dump(), "t.json"); });
}

TEST_F(TokenizerFiles, ReadsVocabularyFiles) {
  write_vocabulary("\r\n");
  EXPECT_EQ(load().vocabulary(), tiny_vocabulary());
  EXPECT_TRUE(load().options().lowercase);
  write("tokenizer_config.json",
        R"({"do_lower_case": false, "tokenize_chinese_chars": false,
            "mask_token": {"content": "[MASK]"}, "tokenizer_class": "BertTokenizer"})");
  EXPECT_FALSE(load().options().lowercase);
  EXPECT_FALSE(load().options().strip_accents);  // follows lowercase
  EXPECT_FALSE(load().options().handle_chinese_chars);
  write("tokenizer.json", WordPieceTokenizer(tiny_vocabulary()).to_json());
  EXPECT_TRUE(load().options().lowercase);  // tokenizer.json goes first
}

// transformers takes these settings from there alone, beside tokenizer.json too.
TEST_F(TokenizerFiles, WritesWhatTransformersTakesFromTheConfig) {
  write_vocabulary();
  for (const bool value : {false, true}) {
    WordPieceOptions options;
    options.lowercase = value;
    options.strip_accents = !value;
    options.handle_chinese_chars = value;
    const WordPieceTokenizer tokenizer(tiny_vocabulary(), options);
    write("tokenizer_config.json", tokenizer.transformers_config());
    EXPECT_EQ(load().fingerprint(), tokenizer.fingerprint());
  }
}

// As transformers and the folders of Chinese-CLIP have it.
TEST_F(TokenizerFiles, ReadsTheConfigsOfBertFolders) {
  write_vocabulary();
  for (const char* config : {R"({"do_lower_case": true, "unk_token": "[UNK]", "sep_token": "[SEP]",
             "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
             "tokenize_chinese_chars": true, "strip_accents": null, "model_max_length": 512,
             "special_tokens_map_file": null, "name_or_path": "chinese-roberta-wwm-ext",
             "never_split": null, "tokenizer_class": "BertTokenizer"})",
                             R"({"added_tokens_decoder": {"0": {"content": "[PAD]",
             "lstrip": false, "normalized": false, "rstrip": false, "single_word": false,
             "special": true}}, "clean_up_tokenization_spaces": true, "do_basic_tokenize": true,
             "model_max_length": 52, "tokenizer_class": "BertTokenizerFast"})",
                             R"({"backend": "tokenizers", "cls_token": "[CLS]",
             "do_lower_case": true, "is_local": false, "strip_accents": null,
             "tokenize_chinese_chars": true, "tokenizer_class": "BertTokenizer"})"}) {
    write("tokenizer_config.json", config);
    EXPECT_EQ(load().fingerprint(), WordPieceTokenizer(tiny_vocabulary()).fingerprint()) << config;
  }
}

TEST_F(TokenizerFiles, RefusesWhatItDoesNotDo) {
  expect_error(ErrorCode::kMissingFile, {folder_.path().string(), "vocab.txt"}, [&] { load(); });
  expect_error(ErrorCode::kMissingFile, {"no.json"}, [&] { load_tokenizer(folder_ / "no.json"); });
  write_vocabulary();
  const auto config = [&](const char* content) {
    write("tokenizer_config.json", content);
    return [&] { load(); };
  };
  expect_error(ErrorCode::kBadData, {"tokenizer_config.json"}, config("{"));
  expect_error(ErrorCode::kBadData, {"tokenizer_config.json", "object"}, config("[]"));
  expect_error(ErrorCode::kBadData, {"tokenizer_config.json", "boolean"},
               config(R"({"do_lower_case": 3})"));
  expect_error(ErrorCode::kBadData, {"do_basic_tokenize is false"},
               config(R"({"do_basic_tokenize": false})"));
  expect_error(ErrorCode::kBadData, {"unk_token", "<unk>"}, config(R"({"unk_token": "<unk>"})"));
  expect_error(ErrorCode::kBadData, {"XLNetTokenizer"},
               config(R"({"tokenizer_class": "XLNetTokenizer"})"));
  expect_error(ErrorCode::kBadData, {"<x>"},
               config(R"({"added_tokens_decoder": {"7": {"content": "<x>"}}})"));
  fs::remove(folder_ / "tokenizer_config.json");
  write("vocab.txt", "[PAD]\n[UNK]\n\n[CLS]\n[SEP]\n");
  expect_error(ErrorCode::kBadData, {"vocab.txt", "token 2", "empty"}, [&] { load(); });
}

}  // namespace
}  // namespace clipstill::text
