#include "core/shallow_json.h"

#include <gtest/gtest.h>

#include "deep_json.h"
#include "expect_error.h"

namespace clipstill {
namespace {

std::string nested(int depth, const std::string& inside = {}) {
  std::string text = inside;
  for (int i = 0; i < depth; ++i) text = i % 2 == 0 ? "[" + text + "]" : "{\"k\":" + text + "}";
  return text;
}

TEST(ShallowJson, TheLimitIsExact) {
  EXPECT_TRUE(is_shallow_json(nested(kMaxJsonDepth)));
  EXPECT_FALSE(is_shallow_json(nested(kMaxJsonDepth + 1)));
  EXPECT_EQ(parse_shallow_json(nested(kMaxJsonDepth), "x").dump(), nested(kMaxJsonDepth));
  EXPECT_FALSE(is_shallow_json(deep_json()));
}

TEST(ShallowJson, BracketsInStringsDoNotCount) {
  const std::string many(100, '[');
  EXPECT_TRUE(is_shallow_json("\"" + many + "\""));
  EXPECT_TRUE(is_shallow_json("{\"a\\\"" + many + "\": \"\\\\\"}"));
  EXPECT_FALSE(is_shallow_json("[\"\\\\\", " + many + "]"));  // the string ended
}

TEST(ShallowJson, SiblingsDoNotAddUp) {
  std::string text = "[";
  for (int i = 0; i < 100; ++i) text += nested(kMaxJsonDepth - 1) + ",";
  EXPECT_TRUE(is_shallow_json(text + "0]"));
}

TEST(ShallowJson, NamesTheFile) {
  expect_error(ErrorCode::kBadData, {"a/b.json", "deeper than 32"},
               [] { parse_shallow_json(deep_json(), "a/b.json"); });
  EXPECT_THROW(parse_shallow_json("[1", "a/b.json"), nlohmann::json::exception);
}

}  // namespace
}  // namespace clipstill
