// Reading and writing of CLIP tokenizer files, and what is refused.
#include <gtest/gtest.h>

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

json tiny_json() {
  return json::parse(ClipBpeTokenizer(tiny_clip()).to_json());
}

class ClipFiles : public testing::Test {
 protected:
  void write(const char* name, const std::string& content) const {
    write_file(folder_ / name, content);
  }
  void write_parts() const {
    const auto parts = tiny_clip();
    json vocabulary;
    for (size_t i = 0; i < parts.vocabulary.size(); ++i) vocabulary[parts.vocabulary[i]] = i;
    write("vocab.json", vocabulary.dump());
    std::string merges = "#version: 0.2\n";
    for (const auto& merge : parts.merges) merges += merge + "\n";
    write("merges.txt", merges);
  }
  const ClipBpeTokenizer& load() {
    tokenizer_ = load_tokenizer(folder_.path());
    return dynamic_cast<const ClipBpeTokenizer&>(*tokenizer_);
  }
  auto loading_config(const char* content) {
    write("tokenizer_config.json", content);
    return [this] { load(); };
  }

  ScratchFolder folder_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

class ClipJsonRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(ClipJsonRefusal, NamesWhatItFound) {
  expect_refusal(tiny_json(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, ClipJsonRefusal,
    testing::Values(
        Refusal{"/normalizer", nullptr, "normalizer is null"},
        Refusal{"/normalizer/normalizers/0/type", "NFKC", "normalizer is \"Sequence\""},
        Refusal{"/pre_tokenizer", {{"type", "ByteLevel"}}, "pre_tokenizer is \"ByteLevel\""},
        Refusal{"/pre_tokenizer/pretokenizers", json::array(), "Split and ByteLevel"},
        Refusal{"/pre_tokenizer/pretokenizers/0/pattern/Regex", "\\w+", "pattern is \"\\\\w+\""},
        Refusal{"/pre_tokenizer/pretokenizers/0/invert", false, "[0].invert is false"},
        Refusal{"/pre_tokenizer/pretokenizers/0/behavior", "Isolated", "[0].behavior"},
        Refusal{"/pre_tokenizer/pretokenizers/1/add_prefix_space", true, "add_prefix_space is"},
        Refusal{"/pre_tokenizer/pretokenizers/1/use_regex", false, "[1].use_regex is false"},
        Refusal{"/post_processor", nullptr, "post_processor is null"},
        Refusal{"/post_processor/sep", "x", "post_processor.sep"},
        Refusal{"/post_processor/sep", {"<|endoftext|>", 3}, "post_processor.sep"},
        Refusal{"/post_processor/cls", {"<s>", 3}, "the special token <s> is missing"},
        Refusal{"/model/type", "Unigram", "model is \"Unigram\""},
        Refusal{"/model/dropout", 0.1, "model.dropout is 0.1"},
        Refusal{"/model/end_of_word_suffix", nullptr, "model.end_of_word_suffix is null"},
        Refusal{"/model/continuing_subword_prefix", "##", "model.continuing_subword_prefix"},
        Refusal{"/model/byte_fallback", true, "model.byte_fallback is true"},
        Refusal{"/model/ignore_merges", true, "model.ignore_merges is true"},
        Refusal{"/model/unk_token", "<unk>", "the special token <unk> is missing"},
        Refusal{"/model/merges", nullptr, "model.merges is null"},
        Refusal{"/model/merges", json::array(), "0 merges for 8 tokens"},
        Refusal{"/model/merges/0", "d x", "\"x\" is not in the vocabulary"},
        Refusal{"/model/merges/0", 7, "must be string"},
        Refusal{"/model/vocab", json::array({"a"}), "model.vocab is an array"},
        Refusal{"/model/vocab/do", 1000, "\"do\" has id 1000"},
        Refusal{"/added_tokens", nullptr, "added_tokens is null"},
        Refusal{"/added_tokens/0/content", "<extra>", "<extra>"},
        Refusal{"/added_tokens/0/id", 3, "added_tokens: <|startoftext|>.id is 3"},
        Refusal{"/added_tokens/1/rstrip", true, "added_tokens: <|endoftext|>.rstrip is true"},
        Refusal{"/truncation", {{"direction", "Left"}}, "truncation.direction is \"Left\""},
        Refusal{"/padding/direction", "Left", "padding.direction"},
        Refusal{"/padding/pad_id", 7, "padding.pad_id is 7"}));

TEST(ClipJson, RefusesDamagedFiles) {
  const auto good = ClipBpeTokenizer(tiny_clip()).to_json();
  for (size_t size = 0; size < good.size() - 2; size += 7) {
    EXPECT_THROW(tokenizer_from_json(good.substr(0, size), "t.json"), Error);
  }
}

TEST(ClipJson, ReadsWhatItWrites) {
  auto parts = tiny_clip();
  parts.special_words = false;
  parts.padding = std::string("!</w>");
  parts.added[0].normalized = true;
  const ClipBpeTokenizer tokenizer(parts);
  const auto again = tokenizer_from_json(tokenizer.to_json(), "t.json");
  EXPECT_EQ(again->files(), tokenizer.files());
  EXPECT_EQ(again->padding_id(), tokenizer.padding_id());
  EXPECT_NE(again->fingerprint(), ClipBpeTokenizer(tiny_clip()).fingerprint());
}

TEST(ClipJson, AcceptsWhatOtherVersionsWrite) {
  auto root = tiny_json();
  root["padding"] = nullptr;
  root["model"]["continuing_subword_prefix"] = nullptr;
  root["model"].erase("byte_fallback");
  root["model"].erase("ignore_merges");
  root["pre_tokenizer"]["pretokenizers"][1].erase("use_regex");
  for (auto& merge : root["model"]["merges"]) {
    const auto line = merge.get<std::string>();
    const size_t space = line.find(' ');
    merge = {line.substr(0, space), line.substr(space + 1)};
  }
  EXPECT_EQ(tokenizer_from_json(root.dump(), "t.json")->fingerprint(),
            ClipBpeTokenizer(tiny_clip()).fingerprint());
}

TEST_F(ClipFiles, ReadsVocabularyAndMerges) {
  write_parts();
  EXPECT_EQ(load().fingerprint(), ClipBpeTokenizer(tiny_clip()).fingerprint());
  EXPECT_EQ(load_tokenizer(folder_ / "vocab.json")->fingerprint(), tokenizer_->fingerprint());
  EXPECT_EQ(load_tokenizer(folder_ / "merges.txt")->fingerprint(), tokenizer_->fingerprint());
}

TEST_F(ClipFiles, TakesPaddingAndFlagsFromTheConfig) {
  write_parts();
  loading_config(R"({"pad_token": "!", "bos_token": {"content": "<|startoftext|>",
                     "normalized": true}})")();
  EXPECT_EQ(tokenizer_->token(tokenizer_->padding_id()), "!");
  EXPECT_EQ(pieces(*tokenizer_, "<|STARTOFTEXT|>"), "<|startoftext|>");
  EXPECT_EQ(pieces(*tokenizer_, "a!"), "a</w> !");  // as in transformers, padding is a token too
  // tokenizer.json goes first, but does not say the padding.
  auto root = tiny_json();
  root["padding"] = nullptr;
  write("tokenizer.json", root.dump());
  load();
  EXPECT_EQ(tokenizer_->token(tokenizer_->padding_id()), "!");
  EXPECT_EQ(pieces(*tokenizer_, "a!"), "a</w> !</w>");
  write("tokenizer.json", ClipBpeTokenizer(tiny_clip()).to_json());
  expect_error(ErrorCode::kBadData, {"tokenizer.json", "<|endoftext|>", "pad_token", "\"!\""},
               [&] { load(); });
}

TEST_F(ClipFiles, RefusesWhatDoesNotFit) {
  write_parts();
  fs::remove(folder_ / "merges.txt");
  expect_error(ErrorCode::kMissingFile, {"merges.txt", "vocab.json"}, [&] { load(); });
  write("merges.txt", "#version: 0.2\nd o\n");
  expect_error(ErrorCode::kBadData, {"merges.txt", "1 merges for 8 tokens"}, [&] { load(); });
  write_parts();
  write("vocab.json", R"({"a": 0, "b": 2})");
  expect_error(ErrorCode::kBadData, {"vocab.json", "\"b\" has id 2"}, [&] { load(); });
  write("vocab.json", R"({"a": 0, "b": 1})");
  expect_error(ErrorCode::kBadData, {"<|startoftext|>", "not in vocab.json"}, [&] { load(); });
  write("vocab.json", "{");
  expect_error(ErrorCode::kBadData, {"vocab.json"}, [&] { load(); });
  write_parts();
  expect_error(ErrorCode::kBadData, {"tokenizer_config.json", "RobertaTokenizer"},
               loading_config(R"({"tokenizer_class": "RobertaTokenizer"})"));
  expect_error(ErrorCode::kBadData, {"tokenizer_config.json", "do_lower_case is false"},
               loading_config(R"({"do_lower_case": false})"));
  expect_error(ErrorCode::kBadData, {"pad_token", "<pad>", "not in vocab.json"},
               loading_config(R"({"pad_token": "<pad>"})"));
  expect_error(ErrorCode::kBadData, {"added_tokens_decoder 3", "whose id is 0"},
               loading_config(R"({"added_tokens_decoder": {"3": {"content": "a"}}})"));
  expect_error(ErrorCode::kBadData, {"bos_token lstrip is true"},
               loading_config(R"({"bos_token": {"content": "<|startoftext|>", "lstrip": true}})"));
}

}  // namespace
}  // namespace clipstill::text
