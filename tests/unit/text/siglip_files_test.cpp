// Reading of SigLIP's tokenizer files, and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "fixture.h"
#include "siglip_fixture.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

const fs::path kFolder = fs::path(CLIPSTILL_TEST_DATA) / "siglip";

class SiglipFiles : public testing::Test {
 protected:
  void write(const char* name, const std::string& content) const {
    write_file(folder_ / name, content);
  }
  std::unique_ptr<Tokenizer> load() const { return load_tokenizer(folder_.path()); }
  auto loading_model(const std::string& content) const {
    write("spiece.model", content);
    return [this] { load(); };
  }
  auto loading_config(const char* content) const {
    write("spiece.model", model_file(tiny_siglip()));
    write("tokenizer_config.json", content);
    return [this] { load(); };
  }

  ScratchFolder folder_;
};

TEST_F(SiglipFiles, TheModelIsEnough) {
  write("spiece.model", model_file(tiny_siglip()));
  EXPECT_EQ(load()->fingerprint(), SiglipTokenizer(model_file(tiny_siglip())).fingerprint());
  EXPECT_EQ(load_tokenizer(folder_ / "spiece.model")->fingerprint(), load()->fingerprint());
}

TEST_F(SiglipFiles, TheModelGoesBeforeTokenizerJson) {
  write("spiece.model", model_file(tiny_siglip()));
  write("tokenizer.json", R"({"model": {"type": "Unigram"}})");
  EXPECT_EQ(pieces(*load(), "A dog"), "▁a ▁dog");
  fs::remove(folder_ / "spiece.model");
  expect_error(ErrorCode::kBadData, {"tokenizer.json", "Unigram", "spiece.model"}, [&] { load(); });
  write("tokenizer.json", R"({"model": {"type": "BPE", "byte_fallback": true}})");
  expect_error(ErrorCode::kBadData, {"tokenizer.json", "SigLIP 2"}, [&] { load(); });
}

// As where a model is written over another's.
TEST_F(SiglipFiles, OfTwoKindsNoneIsLeft) {
  const SiglipTokenizer siglip(model_file(tiny_siglip()));
  const auto bert = load_tokenizer(fs::path(CLIPSTILL_TEST_DATA) / "text" / "vocab.txt");
  write_tokenizer(folder_.path(), siglip);
  refuse_second_tokenizer(folder_.path(), "spiece.model");
  write("tokenizer.json", "{}");
  expect_error(ErrorCode::kBadData, {"tokenizer.json", "beside spiece.model"},
               [&] { refuse_second_tokenizer(folder_.path(), "spiece.model"); });
  write("special_tokens_map.json", "{}");
  write_tokenizer(folder_.path(), *bert);
  EXPECT_FALSE(fs::exists(folder_.path() / "tokenizer_config.json"));
  EXPECT_FALSE(fs::exists(folder_.path() / "special_tokens_map.json"));
  EXPECT_EQ(load()->fingerprint(), bert->fingerprint());
  write_tokenizer(folder_.path(), siglip);
  refuse_second_tokenizer(folder_.path(), "spiece.model");
  EXPECT_EQ(load()->fingerprint(), siglip.fingerprint());
}

TEST_F(SiglipFiles, ConfigIsFollowed) {
  loading_config(R"({"do_lower_case": false, "tokenizer_class": "SiglipTokenizer",
                     "pad_token": {"content": "<pad>", "lstrip": true}})");
  EXPECT_EQ(load()->padding_id(), 0);
  EXPECT_EQ(pieces(*load(), "Dog"), "▁ <unk>");
  // special_tokens_map.json counts only without added_tokens_decoder.
  write("special_tokens_map.json", R"({"pad_token": "</s>"})");
  EXPECT_EQ(load()->padding_id(), 1);
  loading_config(R"({"pad_token": "<pad>", "added_tokens_decoder": {"0": {"content": "<pad>"}}})");
  EXPECT_EQ(load()->padding_id(), 0);
}

// The model is kept as it is, what clipstill does not read of it too; the settings are all there.
TEST_F(SiglipFiles, WrittenTheyGiveTheSameTokenizer) {
  const auto model = model_file(tiny_siglip()) + bytes_field(4, "a self-test of sentencepiece");
  for (const char* config :
       {R"({})", R"({"do_lower_case": false, "pad_token": "<pad>", "added_tokens_decoder": {}})"}) {
    loading_config(config);
    write("spiece.model", model);
    write("special_tokens_map.json", R"({"eos_token": "<pad>"})");
    const auto tokenizer = load();
    const auto files = tokenizer->files();
    ASSERT_EQ(files.size(), 2u);
    EXPECT_EQ(files[0], std::pair(std::string("spiece.model"), model));
    const ScratchFolder copy;
    for (const auto& [name, content] : files) write_file(copy / name, content);
    write_file(copy / "special_tokens_map.json", R"({"eos_token": "<unk>"})");  // does not count
    const auto again = load_tokenizer(copy.path());
    EXPECT_EQ(again->fingerprint(), tokenizer->fingerprint());
    EXPECT_EQ(again->end_id(), tokenizer->end_id());
    EXPECT_EQ(again->padding_id(), tokenizer->padding_id());
    EXPECT_EQ(pieces(*again, "A dog"), pieces(*tokenizer, "A dog"));
    EXPECT_EQ(again->files(), files);
  }
}

TEST_F(SiglipFiles, RefusesOtherConfigs) {
  for (const auto& [config, message] :
       {std::pair{R"({"tokenizer_class": "T5Tokenizer"})", "tokenizer_class is \"T5Tokenizer\""},
        {R"({"bos_token": "<s>"})", "bos_token is \"<s>\""},
        {R"({"additional_special_tokens": ["<x>"]})", "additional_special_tokens is an array"},
        {R"({"sp_model_kwargs": {"enable_sampling": true}})", "sp_model_kwargs is an object"},
        {R"({"split_special_tokens": true})", "split_special_tokens is true"},
        {R"({"eos_token": {"content": "</s>", "single_word": true}})", "single_word is true"},
        {R"({"added_tokens_decoder": {"3": {"content": "▁"}}})", "added_tokens_decoder 3"},
        {R"({"added_tokens_decoder": {"2": {"content": "</s>"}}})", "which is piece 1"},
        {R"({"do_lower_case": 1})", "type"},
        {R"([])", "an array"}}) {
    expect_error(ErrorCode::kBadData, {"tokenizer_config.json: ", message}, loading_config(config));
  }
}

TEST_F(SiglipFiles, RefusesOtherModels) {
  const auto with = [](auto change) {
    auto model = tiny_siglip();
    change(model.pieces);
    return model_file(model);
  };
  using Pieces = std::vector<SentencePiece>;
  const std::string good = model_file(tiny_siglip());
  for (const auto& [file, message] : {
           std::pair{std::string(), "0 of 0 pieces are of type unknown"},
           {"<html>", "not a SentencePiece model"},
           {good + bytes_field(2, number_field(3, 2)), "(BPE); clipstill reads unigram"},
           {good + bytes_field(2, number_field(3, 77)), "of type 77 (?)"},
           {good + bytes_field(3, number_field(5, 0)), "escape_whitespaces is false"},
           {good + bytes_field(3, bytes_field(2, "x")), "precompiled_charsmap"},
           {good + bytes_field(1, bytes_field(1, "z") + number_field(3, 9)),
            "piece 12 is of type 9"},
           {good + number_field(1, 3), "field 1 has another type"},
           {good + std::string(12, '\xff'), "more than 64 bits"},
           {good + bytes_field(1, number_field(2, 1)), "field 2 has another type"},
           {good + std::string(1, '\x0b'), "no field is written in this way"},
           {with([](Pieces& p) { p[4].score = std::nanf(""); }), "has score nan"},
           {with([](Pieces& p) { p[4].text = "b"; }), "(\"b\") is there twice"},
           {with([](Pieces& p) { p[4].text = ""; }), "is empty"},
           {with([](Pieces& p) { p[4].text = "\xff"; }), "not valid UTF-8"},
           {with([](Pieces& p) { p[4].kind = p[2].kind; }), "2 of 12 pieces"},
           {with([](Pieces& p) { p.erase(p.begin() + 1); }), "</s> is missing"},
       }) {
    expect_error(ErrorCode::kBadData, {"spiece.model: ", message}, loading_model(file));
  }
}

// Cut short or changed anywhere, the real file is refused or encodes something.
TEST_F(SiglipFiles, DamageIsNoCrash) {
  const auto file = read_file(kFolder / "spiece.model");
  const auto tried = [](const std::string& content) {
    try {
      std::vector<Token> tokens;
      const SiglipTokenizer tokenizer(content);
      tokenizer.encode("A dog\u2460 e\u0301 \ufb01 \xff 狗 </s> ...", 64, tokens);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      return false;
    }
  };
  ASSERT_TRUE(tried(file));
  for (size_t size = 0; size < file.size(); size += 3) tried(file.substr(0, size));
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    auto damaged = file;
    for (int j = 0; j <= i % 4; ++j) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    tried(damaged);
  }
}

}  // namespace
}  // namespace clipstill::text
