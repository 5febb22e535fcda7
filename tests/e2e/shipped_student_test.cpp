// models/emoji-student as a user meets it: whole, in both precisions, and knowing what it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "../unit/cli/run_program.h"
#include "core/files.h"

namespace clipstill {
namespace {

using nlohmann::json;

const fs::path kRoot = fs::path(CLIPSTILL_TEST_DATA).parent_path().parent_path();
const std::string kStudent = (kRoot / "models" / "emoji-student").string();

class ShippedStudent : public testing::TestWithParam<std::string> {
 protected:
  json printed(std::vector<std::string> words) const {
    words.insert(words.begin(), CLIPSTILL_BINARY);
    words.insert(words.end(), {"--precision", GetParam(), "--json"});
    const auto result = cli::run_program(words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  }
};
INSTANTIATE_TEST_SUITE_P(Precisions, ShippedStudent, testing::Values("fp32", "int8"),
                         [](const auto& precision) { return precision.param; });

TEST_P(ShippedStudent, ProvesItself) {
  EXPECT_TRUE(printed({"verify", kStudent}).is_object());
  uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kStudent)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  EXPECT_LE(bytes, 4'000'000u);
}

// Drawings of a style that it was trained on, as the npm package has them: 256 pixels, with alpha.
TEST_P(ShippedStudent, NamesDrawingsInBothLanguages) {
  const auto drawings = kRoot / "node_modules" / "@lobehub" / "fluent-emoji-3d" / "assets";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"1f34e", "red apple"}, {"1f415", "dog"}, {"1f6b2", "bicycle"},
      {"1f34e", "红苹果"},    {"1f415", "狗"},  {"1f6b2", "自行车"}};
  for (const auto& [name, right] : cases) {
    const bool english = static_cast<unsigned char>(right[0]) < 128;
    const auto found =
        printed({"classify", kStudent, (drawings / (name + ".webp")).string(), "--labels",
                 english ? "red apple,dog,bicycle,house" : "红苹果,狗,自行车,房子"});
    EXPECT_EQ(found.at(0).at("labels").at(0).at("label"), right) << name << '\n' << found.dump(1);
  }
}

}  // namespace
}  // namespace clipstill
