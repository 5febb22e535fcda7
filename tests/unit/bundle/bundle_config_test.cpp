#include "bundle/bundle_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../core/deep_json.h"
#include "../core/expect_error.h"

namespace clipstill::bundle {
namespace {

using nlohmann::json;

json valid() {
  return {{"format", "clipstill-bundle"},
          {"version", 1},
          {"embed_dim", 256},
          {"logit_scale", 20.5},
          {"image_size", 64},
          {"context_length", 32},
          {"vocabulary_size", 4096},
          {"text_encoder", "t.onnx"},
          {"image_encoder", "onnx/i.onnx"}};
}

void expect_refused(const std::string& text, const std::vector<std::string>& words) {
  SCOPED_TRACE(text);
  auto all = words;
  all.emplace_back("b/config.json");
  expect_error(ErrorCode::kBadData, all, [&] { parse_bundle_config(text, "b/config.json"); });
}

TEST(BundleConfig, ReadsWhatAnExportWrites) {
  auto root = valid();
  root["unknown"] = {1, 2};  // a later minor version may say more
  const auto config = parse_bundle_config(root.dump(), "config.json");
  EXPECT_EQ(config.embed_dim, 256);
  EXPECT_EQ(config.logit_scale, 20.5f);
  EXPECT_EQ(config.image_size, 64);
  EXPECT_EQ(config.context_length, 32);
  EXPECT_EQ(config.vocabulary_size, 4096);
  EXPECT_EQ(config.image_encoder, "onnx/i.onnx");
  EXPECT_EQ(config.text_encoder, "t.onnx");
  EXPECT_EQ(config.tokenizer, std::vector<std::string>{"tokenizer.json"});  // of older bundles
}

TEST(BundleConfig, NamesEveryKeyThatIsMissing) {
  const auto whole = valid();
  for (const auto& [key, value] : whole.items()) {
    auto root = valid();
    root.erase(key);
    expect_refused(root.dump(), {key == "format" ? "expected format" : "no key \"" + key + "\""});
  }
}

TEST(BundleConfig, RefusesValuesThatCannotBe) {
  for (const char* key : {"embed_dim", "image_size", "context_length", "vocabulary_size"}) {
    for (const json& value :
         {json(0), json(-1), json(1.5), json("64"), json(nullptr), json::array(), json(UINT64_MAX),
          json(INT64_MAX), json(int64_t{1} << 40)}) {
      auto root = valid();
      root[key] = value;
      expect_refused(root.dump(), {key, "must be an integer", value.dump()});
    }
  }
  for (const json& value : {json("1"), json(nullptr), json(1e300)}) {
    auto root = valid();
    root["logit_scale"] = value;
    expect_refused(root.dump(), {"logit_scale"});
  }
}

TEST(BundleConfig, RefusesFilesOutsideTheBundle) {
  for (const char* path : {"/etc/passwd", "../x.onnx", "onnx/../../x.onnx", ".", "onnx/", ""}) {
    for (const char* key : {"image_encoder", "text_encoder"}) {
      auto root = valid();
      root[key] = path;
      expect_refused(root.dump(), {key, "a file of the bundle"});
    }
  }
}

TEST(BundleConfig, NamesTheFilesOfTheTokenizer) {
  auto root = valid();
  root["tokenizer"] = {"spiece.model", "tokenizer_config.json"};
  EXPECT_EQ(parse_bundle_config(root.dump(), "config.json").tokenizer,
            (std::vector<std::string>{"spiece.model", "tokenizer_config.json"}));
  for (const json& value : {json("tokenizer.json"), json::array(), json(nullptr), json{"vocab.txt"},
                            json{1}, json{"tokenizer_config.json", "tokenizer.json"},
                            json{"tokenizer.json", "../x"}, json{"spiece.model", 1}}) {
    root["tokenizer"] = value;
    expect_refused(root.dump(), {"\"tokenizer\" must be", "spiece.model"});
  }
}

TEST(BundleConfig, RefusesOtherFormatsAndNewerVersions) {
  auto root = valid();
  root["version"] = 2;
  expect_refused(root.dump(), {"version 2", "reads up to 1", "newer clipstill"});
  root["version"] = 0;
  expect_refused(root.dump(), {"version"});
  root["format"] = "clipstill-model";
  expect_refused(root.dump(), {"clipstill-bundle"});
  for (const char* text : {"", "{", "[]", "1", "null", "\xff"}) expect_refused(text, {});
}

TEST(BundleConfig, SurvivesDeepNesting) {
  expect_error(ErrorCode::kBadData, {"b/config.json", "nested"}, [] {
    auto text = valid().dump();
    text.replace(text.find("256"), 3, deep_json());
    parse_bundle_config(text, "b/config.json");
  });
}

}  // namespace
}  // namespace clipstill::bundle
