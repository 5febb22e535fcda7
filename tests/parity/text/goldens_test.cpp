// Our tokens against those of the real `tokenizers` and `transformers`; see
// tests/reference/text_goldens.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/files.h"
#include "from_hex.h"
#include "text/wordpiece.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

const fs::path kBert = fs::path(CLIPSTILL_TEST_DATA) / "text";

WordPieceOptions options_of(const json& flags) {
  WordPieceOptions options;
  options.clean_text = flags[0];
  options.handle_chinese_chars = flags[1];
  options.strip_accents = flags[2];
  options.lowercase = flags[3];
  return options;
}

TEST(TextGoldens, TokensAndOffsetsAreThoseOfTheReference) {
  const auto goldens = json::parse(read_file(kBert / "goldens.json"));
  const auto loaded = load_tokenizer(kBert / "vocab.txt");
  const auto& vocabulary = loaded->vocabulary();
  json options;
  std::unique_ptr<WordPieceTokenizer> tokenizer;
  std::vector<Token> tokens;
  ASSERT_GT(goldens["cases"].size(), 550u);
  for (const auto& golden : goldens["cases"]) {
    if (golden["options"] != options) {
      options = golden["options"];
      tokenizer = std::make_unique<WordPieceTokenizer>(vocabulary, options_of(options));
    }
    tokenizer->encode(from_hex(golden["text"]), golden["context"], tokens, nullptr);
    json found = json::array();
    for (const auto& token : tokens) found.push_back({token.id, token.begin, token.end});
    EXPECT_EQ(found, golden["tokens"]) << golden["text"] << " with " << options;
  }
}

// The file that the reference wrote is the tokenizer of its vocab.txt.
TEST(TextGoldens, ReadsTheReferencesJson) {
  EXPECT_EQ(load_tokenizer(kBert / "tokenizer.json")->fingerprint(),
            load_tokenizer(kBert / "vocab.txt")->fingerprint());
}

}  // namespace
}  // namespace clipstill::text
