// Our SigLIP ids against those of the real `transformers` over the real `sentencepiece`; see
// tests/reference/siglip_goldens.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/files.h"
#include "from_hex.h"
#include "text/tokenizer.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

const fs::path kSiglip = fs::path(CLIPSTILL_TEST_DATA) / "siglip";

TEST(SiglipGoldens, IdsAreThoseOfTheReference) {
  const auto goldens = json::parse(read_file(kSiglip / "goldens.json"));
  const auto tokenizer = load_tokenizer(kSiglip);
  std::vector<Token> tokens;
  ASSERT_GT(goldens["cases"].size(), 300u);
  for (const auto& golden : goldens["cases"]) {
    const auto text = from_hex(golden["text"]);
    tokenizer->encode(text, golden["context"], tokens);
    json found = json::array();
    for (const auto& token : tokens) {
      found.push_back(token.id);
      EXPECT_LE(token.begin, token.end) << golden["text"];
      EXPECT_LE(token.end, text.size()) << golden["text"];
    }
    EXPECT_EQ(found, golden["ids"]) << golden["text"];
  }
}

TEST(SiglipGoldens, PadsWithTheEndToken) {
  const auto tokenizer = load_tokenizer(kSiglip);
  EXPECT_FALSE(tokenizer->start_id().has_value());
  EXPECT_EQ(tokenizer->end_id(), 1);
  EXPECT_EQ(tokenizer->padding_id(), 1);
  const std::vector<std::string_view> texts = {"a dog", ""};
  const auto batch = tokenizer->encode_batch(texts, /*context=*/64, /*pad_to_context=*/true);
  ASSERT_EQ(batch.length, 64);
  EXPECT_EQ(batch.ids[63], 1);
  EXPECT_EQ(batch.mask[63], 0);
  EXPECT_EQ(batch.ids[64], 1);  // the empty text: its end token
  EXPECT_EQ(batch.mask[64], 1);
  EXPECT_EQ(batch.mask[65], 0);
}

}  // namespace
}  // namespace clipstill::text
