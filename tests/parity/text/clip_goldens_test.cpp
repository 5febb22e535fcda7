// Our CLIP tokens against those of the real `tokenizers` and `transformers`; see
// tests/reference/clip_goldens.py.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "from_hex.h"
#include "text/tokenizer.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

const fs::path kClip = fs::path(CLIPSTILL_TEST_DATA) / "clip";

TEST(ClipGoldens, TokensAndOffsetsAreThoseOfTheReference) {
  const auto goldens = json::parse(read_file(kClip / "goldens.json"));
  std::map<std::string, std::unique_ptr<Tokenizer>> tokenizers;
  for (const char* form : {"new", "old", "files"}) {
    tokenizers[form] = load_tokenizer(kClip / form);
  }
  std::vector<Token> tokens;
  ASSERT_GT(goldens["cases"].size(), 450u);
  for (const auto& golden : goldens["cases"]) {
    tokenizers.at(golden["form"])
        ->encode(from_hex(golden["text"]), golden["context"], tokens, nullptr);
    json found = json::array();
    for (const auto& token : tokens) found.push_back({token.id, token.begin, token.end});
    EXPECT_EQ(found, golden["tokens"]) << golden["text"] << " with " << golden["form"];
  }
}

// Padding is what the files say: the end token in "new" and "files", "!" in "old".
TEST(ClipGoldens, PadsAsTheFilesSay) {
  for (const auto& [form, padding] :
       {std::pair{"new", "<|endoftext|>"}, {"files", "<|endoftext|>"}, {"old", "!"}}) {
    const auto tokenizer = load_tokenizer(kClip / form);
    EXPECT_EQ(tokenizer->token(tokenizer->padding_id()), padding) << form;
  }
}

}  // namespace
}  // namespace clipstill::text
