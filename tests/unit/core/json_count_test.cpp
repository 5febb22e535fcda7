#include "core/json_count.h"

#include "expect_error.h"

namespace clipstill {
namespace {

using nlohmann::json;

TEST(JsonCount, TakesWholeNumbersAlone) {
  const auto root = json::parse(
      R"({"zero": 0, "most": 9223372036854775807, "beyond": 9223372036854775808, "huge": 1e20,
          "half": 1.5, "one": 1.0, "less": -1, "text": "1"})");
  EXPECT_EQ(json_count(root, "zero", "a.json"), 0);
  EXPECT_EQ(json_count(root, "most", "a.json"), INT64_MAX);
  for (const char* key : {"beyond", "huge", "half", "one", "less", "text"}) {
    expect_error(ErrorCode::kBadData, {"a.json", key, root[key].dump()},
                 [&] { json_count(root, key, "a.json"); });
  }
  EXPECT_THROW(json_count(root, "none", "a.json"), json::exception);
}

}  // namespace
}  // namespace clipstill
