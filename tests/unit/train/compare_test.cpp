// Reading the variants of a comparison and what they train with; the comparison itself is tested
// end to end.
#include "train/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "../data/pair_fixtures.h"
#include "core/files.h"
#include "train/run_queue.h"
#include "train/run_result.h"
#include "train/trainer.h"

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

TEST_F(Variants, TheCommandLineStandsAboveThem) {
  write_file(path(),
             "[[variant]]\nname = \"a\"\ntrain.steps = 3\ntrain.lr = 0.5\n[[variant]]\nname = "
             "\"b\"\ntrain.steps = 5\n[[variant]]\nname = \"c\"\n");
  RunConfig base;
  base.train.steps = 10;  // as the command line sets it at the top
  const auto variants = read_variants(path(), {{"train.steps", "10"}, {"compare.jobs", "2"}});
  for (const auto& variant : variants) {
    EXPECT_EQ(variant_config(base, variant)->train.steps, 10) << variant.name;
  }
  EXPECT_EQ(variant_config(base, variants[0])->train.lr, 0.5);
  CompareOptions options;
  options.variants = {"a", "b"};
  const data::WarningLog warnings;
  EXPECT_EQ(names_of(selected_variants(base, options, variants)), options.variants);
  EXPECT_EQ(warnings.text(),
            "variant \"a\": train.steps = 10 of the command line stands above its own 3\n"
            "variant \"b\": train.steps = 10 of the command line stands above its own 5\n");
  // What "b" and "c" differ in is gone.
  options.variants = {};
  expect_error(ErrorCode::kUsage,
               {"train.steps on the command line leaves the variants \"b\" and \"c\" the same"},
               [&] { selected_variants(base, options, variants); });
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

// As the trainer saves it: resolved, with no trace of where a value came from.
TEST_F(Variants, WeightsOfTheLossesAreThoseOfTheSavedConfig) {
  const auto over = scratch_ / "over.toml";
  write_file(over, "[loss.kl]\nweight = 0.5\n[loss.fd]\nweight = 3\n");
  const auto variants = read("[[variant]]\nname = \"seed\"\nconfig = \"" + over.string() +
                             "\"\nloss.fd.weight = 0\nloss.icl.weight = 2\n"
                             "loss.icl.final_weight = 0.25\nloss.icl.start = 0.125\n"
                             "loss.icl.end = 0.5\nloss.kl.final_weight = 0.5\n"
                             "loss.kl.start = 0.125\n");
  RunConfig base;
  make_folders(scratch_ / "run");
  write_file(scratch_ / "run" / "config.toml", resolved_toml(*variant_config(base, variants[0])));
  std::map<std::string, report::LossWeight> active;
  for (const auto& loss : read_loss_weights(scratch_ / "run")) {
    if (loss.active()) active[loss.name] = loss;
  }
  const std::map<std::string, report::LossWeight> expected{
      {"ce", {"ce", 1, 1, 0, 1}},
      {"kl", {"kl", 0.5, 0.5, 0, 1}},  // its schedule changes nothing
      {"icl", {"icl", 2, 0.25, 0.125, 0.5}}};
  EXPECT_EQ(active, expected);
}

TEST(Seeds, AreDifferentWholeNumbers) {
  require_seeds("compare.seeds", {3, 1, 2});
  expect_error(ErrorCode::kUsage, {"compare.seeds", "empty"},
               [] { require_seeds("compare.seeds", {}); });
  expect_error(ErrorCode::kUsage, {"compare.seeds", "found 1 twice"}, [] {
    require_seeds("compare.seeds", {1, 2, 1});
  });
  expect_error(ErrorCode::kUsage, {"compare.seeds", "whole numbers", "1.5"}, [] {
    require_seeds("compare.seeds", {1, 1.5});
  });
}

}  // namespace
}  // namespace clipstill::train
