// Reading the variants of a comparison; the comparison itself is tested end to end.
#include "train/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"

namespace clipstill::train {
namespace {

using testing::HasSubstr;

class Variants : public testing::Test {
 protected:
  std::vector<VariantSpec> read(const std::string& toml) const {
    write_file(path(), toml);
    return read_variants(path());
  }
  void expect_refused(const std::string& toml, const std::vector<std::string>& words) const {
    auto all = words;
    all.push_back(path().string());
    expect_error(ErrorCode::kUsage, all, [&] { read(toml); });
  }
  fs::path path() const { return scratch_ / "compare.toml"; }
  ScratchFolder scratch_;
};

TEST_F(Variants, KeepTheirOrderAndOverrides) {
  const auto variants = read(
      "train.steps = 3\n[[variant]]\nname = \"native\"\ndescription = \"pairs alone\"\n"
      "[[variant]]\nname = \"kl\"\nloss.kl.weight = 1\n[variant.model]\nembed_dim = 8\n");
  ASSERT_EQ(variants.size(), 2u);
  EXPECT_EQ(variants[0].name, "native");
  EXPECT_EQ(variants[0].description, "pairs alone");
  EXPECT_TRUE(variants[0].overrides.empty());
  ASSERT_EQ(variants[1].overrides.size(), 2u);
  EXPECT_EQ(variants[1].overrides[0].key, "loss.kl.weight");
  EXPECT_EQ(variants[1].overrides[0].text, "1");
  EXPECT_THAT(variants[1].overrides[0].origin, HasSubstr("compare.toml:7"));
  EXPECT_EQ(variants[1].overrides[1].key, "model.embed_dim");
}

TEST_F(Variants, NamesAreTheirOwnAndUsableAsFolders) {
  expect_refused("[[variant]]\ndescription = \"x\"\n", {"name"});
  expect_refused("[[variant]]\nname = \"a\"\n[[variant]]\nname = \"a\"\n", {"\"a\""});
  expect_refused("[[variant]]\nname = \"a/b\"\n", {"\"a/b\""});
  expect_refused("[[variant]]\nname = \"teacher\"\n", {"teacher"});
}

TEST_F(Variants, ThereIsAtLeastOne) {
  expect_refused("train.steps = 3\n", {"no [[variant]] table"});
  expect_refused("[variant]\nname = \"a\"\n", {"array of tables"});
}

}  // namespace
}  // namespace clipstill::train
