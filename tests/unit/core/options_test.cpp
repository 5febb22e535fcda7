#include "core/options.h"
#include "core/option_grid.h"

#include <cfloat>
#include <limits>

#include "core/files.h"
#include "core/random.h"
#include "expect_error.h"
#include "scratch_folder.h"

namespace clipstill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// One option of each type, in two tables and at the top level.
struct Settings {
  std::string name = "student";
  double lr = 1e-3;
  int64_t steps = 1000;
  bool ema = true;
  std::string loss = "kl";
  StringList languages{"en", "zh"};
  NumberList betas{0.9, 0.98};
  OptionSet set;

  Settings() {
    set.add("train.lr", lr, "peak learning rate").range(0, 10);
    set.add("train.steps", steps, "optimiser steps").range(1, 1e9);
    set.add("data.languages", languages, "languages of the texts").choices({"en", "zh", "de"});
    set.add("train.ema", ema, "keep an average of the weights");  // [train] again, after [data]
    set.add("train.loss", loss, "distillation loss").choices({"kl", "fd", "icl"});
    set.add("train.betas", betas, "AdamW's decay rates").range(0, 1);
    set.add("name", name, "name of the run");
  }
  void load(std::string_view text) { set.load_toml_text(text, "run.toml"); }
  void expect_refused(std::string_view text, const std::vector<std::string>& words) {
    expect_error(ErrorCode::kUsage, words, [&] { load(text); });
  }
};

TEST(Options, ReadsEveryType) {
  Settings s;
  s.load(
      "name = \"小猫\"\n[train]\nlr = 3e-4\nsteps = 5\nema = false\nloss = 'fd'\n"
      "betas = [0.5, 1]\n[data]\nlanguages = [\"de\"]\n");
  EXPECT_EQ(s.name, "小猫");
  EXPECT_EQ(s.lr, 3e-4);
  EXPECT_EQ(s.steps, 5);
  EXPECT_FALSE(s.ema);
  EXPECT_EQ(s.loss, "fd");
  EXPECT_THAT(s.betas, ElementsAre(0.5, 1.0));
  EXPECT_THAT(s.languages, ElementsAre("de"));
  EXPECT_TRUE(s.set.find("train.lr")->is_set);
  EXPECT_EQ(s.set.find("train.lr")->origin, "run.toml:3");
}

TEST(Options, KeepsDefaultsOfWhatIsNotGiven) {
  Settings s;
  s.load("[train]\nsteps = 5\n");
  EXPECT_EQ(s.lr, 1e-3);
  EXPECT_FALSE(s.set.find("train.lr")->is_set);
  EXPECT_EQ(std::get<int64_t>(s.set.find("train.steps")->default_value), 1000);
}

TEST(Options, TakesAnIntegerWhereANumberIsExpectedButNotTheReverse) {
  Settings s;
  s.load("[train]\nlr = 2\n");
  EXPECT_EQ(s.lr, 2.0);
  s.expect_refused("[train]\nlr = 9007199254740993\n",  // 2^53 + 1, which no double is
                   {"run.toml:2", "must be from 0 to 10, found 9007199254740992"});
  s.expect_refused("[train]\nsteps = 2.0\n", {"run.toml:2", "train.steps", "an integer", "2.0"});
}

TEST(Options, NamesFileLineAndNearestOfAnUnknownKey) {
  Settings s;
  s.expect_refused("[train]\n\nlerning = 1\nlrr = 3\n", {"run.toml:3", "train.lerning"});
  s.expect_refused("[train]\nlrr = 3\n", {"run.toml:2", "train.lrr", "did you mean train.lr?"});
  s.expect_refused("lr = 3\n", {"run.toml:1", "unknown key lr", "did you mean train.lr?"});
  s.expect_refused("[trian]\n", {"run.toml:1", "unknown key trian"});
}

TEST(Options, RefusesWrongTypes) {
  Settings s;
  s.expect_refused("[train]\nlr = \"fast\"\n", {"run.toml:2", "train.lr", "a number", "fast"});
  s.expect_refused("[train]\nlr = nan\n", {"train.lr", "a number"});
  s.expect_refused("[train]\nlr = {}\n", {"train.lr", "a number"});
  s.expect_refused("[train]\nema = 1\n", {"train.ema", "true or false"});
  s.expect_refused("[train]\nloss = 1\n", {"train.loss", "a string"});
  s.expect_refused("[train]\nbetas = [0.1, \"b\"]\n", {"train.betas", "a list of numbers"});
  s.expect_refused("[data]\nlanguages = [[\"en\"]]\n", {"data.languages", "a list of strings"});
  s.expect_refused("[train]\nlr = 1979-05-27\n", {"train.lr", "a number", "1979-05-27"});
}

TEST(Options, RefusesValuesOutOfRangeOrChoice) {
  Settings s;
  s.expect_refused("[train]\nlr = 10.000001\n", {"train.lr", "from 0 to 10", "10.000001"});
  s.expect_refused("[train]\nsteps = 0\n", {"train.steps", "from 1 to", "found 0"});
  s.expect_refused("[train]\nbetas = [0.9, 1.5]\n", {"train.betas", "found 1.5"});
  s.expect_refused("[train]\nloss = \"fb\"\n", {"train.loss", "kl, fd, icl", "did you mean"});
  s.expect_refused("[data]\nlanguages = [\"en\", \"fr\"]\n", {"data.languages", "\"fr\""});
  s.expect_refused("[train]\nsteps = 9223372036854775808\n", {"run.toml:2", "TOML"});
}

TEST(Options, ARefusedValueChangesNothing) {
  Settings s;
  s.expect_refused("[train]\nbetas = [0.1, 7]\n", {"train.betas"});
  EXPECT_THAT(s.betas, ElementsAre(0.9, 0.98));
  EXPECT_FALSE(s.set.find("train.betas")->is_set);
}

TEST(Options, NamesLineAndColumnOfMalformedToml) {
  Settings s;
  s.expect_refused("[train]\nlr = = 3\n", {"run.toml:2:6", "TOML"});
  s.expect_refused("name = \"\xff\"\n", {"run.toml:1", "TOML"});
  s.expect_refused("name = 'a'\nname = 'b'\n", {"run.toml:2", "TOML"});
  s.expect_refused("name = " + std::string(100000, '['), {"run.toml:1", "TOML"});
}

TEST(Options, LeavesReservedKeysToTheCaller) {
  Settings s;
  s.set.load_toml_text("name = 'x'\n[[variant]]\nloss = 1\n", "run.toml", {"variant"});
  EXPECT_EQ(s.name, "x");
  s.expect_refused("[[variant]]\nloss = 1\n", {"variant"});
}

// What toml++ takes for impossible (core/toml.h); the letters only sanitizers tell.
TEST(Options, RefusesWhatCannotBeginAKeyOrAValue) {
  Settings s;
  for (const char* text : {"gr\u00f6\u00dfe = 1", "\u0436 = 1", "[t\u00e9]", "lr = \u00e9", "[{",
                           "[[{v", "[ !a]", "[.a]"}) {
    s.expect_refused(text, {"run.toml:1", "TOML"});
  }
}

// Numbers below 1 in lists, of which toml++ itself takes a logarithm that does not fit (told by
// sanitizers, and by the digits).
TEST(Options, TellsARefusedListAsItWasWritten) {
  Settings s;
  s.expect_refused("name = [1e-3, [4e-3, 'a\"b'], true, { lr = 1 }]\n",
                   {"run.toml:1", "[0.001, [0.004, 'a\"b'], true, {...}]"});
}

TEST(Options, AssignsFromBareWordsAndToml) {
  Settings s;
  s.set.assign_override("train.lr=3e-4");
  s.set.assign_override("train.loss=icl");
  s.set.assign_override("train.ema=false");
  s.set.assign_override("data.languages=zh,de");
  s.set.assign_override("train.betas=0.1,0.25");
  s.set.assign_override("name=a=b c");
  EXPECT_EQ(s.lr, 3e-4);
  EXPECT_EQ(s.loss, "icl");
  EXPECT_FALSE(s.ema);
  EXPECT_THAT(s.languages, ElementsAre("zh", "de"));
  EXPECT_THAT(s.betas, ElementsAre(0.1, 0.25));
  EXPECT_EQ(s.name, "a=b c");
  s.set.assign("data.languages", " en, zh\t,de ", "flag");
  EXPECT_THAT(s.languages, ElementsAre("en", "zh", "de"));
  s.set.assign("data.languages", "[\"en\"]", "flag");
  EXPECT_THAT(s.languages, ElementsAre("en"));
  s.set.assign("data.languages", "", "flag");
  EXPECT_THAT(s.languages, ElementsAre());
  s.set.assign("name", "'quoted'", "flag");
  EXPECT_EQ(s.name, "quoted");
  EXPECT_EQ(s.set.find("name")->origin, "flag");
}

TEST(Options, RefusesBadAssignments) {
  Settings s;
  const auto refuse = [&](std::string_view text, const std::vector<std::string>& words) {
    expect_error(ErrorCode::kUsage, words, [&] { s.set.assign_override(text); });
  };
  refuse("train.lr", {"command line", "key=value", "\"train.lr\""});
  refuse("=3", {"key=value"});
  refuse("train.lr=", {"train.lr", "a number", "\"\""});
  refuse("train.lr=abc", {"command line", "train.lr", "a number", "abc"});
  refuse("train.lr=1\nsteps = 3", {"train.lr", "a number"});
  refuse("train.steps=9223372036854775808", {"train.steps", "an integer", "9223372036854775808"});
  refuse("train.betas=0.1,,0.2", {"train.betas", "a list of numbers"});
  refuse("name=\"open", {"name", "a string"});
  refuse("name=\xff\xfe", {"name", "a string"});
  refuse("train.lrr=3", {"command line", "train.lrr", "did you mean train.lr?"});
}

// Values that trip careless writers: shortest doubles, extremes, quotes, controls, unicode.
TEST(Options, WritesTomlThatReadsBackBitForBit) {
  Settings s;
  s.name = "a \"quoted\" \\ path\n\ttab \x01 \x7f 猫 # not a comment = [x]";
  s.steps = std::numeric_limits<int64_t>::max() / 16000000000;
  s.languages = {};
  s.betas = {0.1, 1.0 / 3.0, DBL_MIN, DBL_TRUE_MIN, 5e-324, 1.0, 0.0, 1 - DBL_EPSILON / 2};
  const auto text = s.set.to_toml();
  Settings back;
  back.load(text);
  EXPECT_EQ(back.name, s.name);
  EXPECT_EQ(back.lr, s.lr);
  EXPECT_EQ(back.steps, s.steps);
  EXPECT_EQ(back.languages, s.languages);
  EXPECT_EQ(back.betas, s.betas);
  EXPECT_EQ(back.set.to_toml(), text);
}

TEST(Options, RoundTripsRandomDoubles) {
  Rng rng(1);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = rng.next();
    const double value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    double member = value;
    OptionSet set;
    set.add("x", member, "any number");
    const auto text = set.to_toml();
    member = 0;
    set.load_toml_text(text, "text");
    ASSERT_EQ(std::bit_cast<uint64_t>(member), bits) << text;
  }
}

TEST(Options, WritesEachTableOnceWithHelpAsComments) {
  Settings s;
  const auto text = s.set.to_toml();
  EXPECT_EQ(text.find("[train]"), text.rfind("[train]"));
  EXPECT_LT(text.find("name = "), text.find("[train]"));
  EXPECT_THAT(text, HasSubstr("# peak learning rate (0 to 10)\nlr = 0.001\n"));
  EXPECT_THAT(text, HasSubstr("# distillation loss: kl|fd|icl\nloss = \"kl\"\n"));
  EXPECT_EQ(s.set.to_toml(/*with_help=*/false).find('#'), std::string::npos);
}

TEST(Options, RefusesASecondDeclarationOfAKey) {
  Settings s;
  expect_error(ErrorCode::kInternal, {"train.lr"}, [&] { s.set.add("train.lr", s.lr, "again"); });
}

TEST(Options, NearestName) {
  EXPECT_EQ(nearest_name("trian", {"data", "train"}), "train");
  EXPECT_EQ(nearest_name("doctr", {"data", "doctor"}), "doctor");
  EXPECT_EQ(nearest_name("lr", {"id", "wd"}), "");
  EXPECT_EQ(nearest_name("completely", {"data", "train"}), "");
}

class OptionFiles : public testing::Test {
 protected:
  ScratchFolder folder_;
};

TEST_F(OptionFiles, NameThePath) {
  Settings s;
  const auto path = folder_ / "run.toml";
  expect_error(ErrorCode::kMissingFile, {path.string()}, [&] { s.set.load_toml(path); });
  write_file(path, "[train]\nlr = 11\n");
  expect_error(ErrorCode::kUsage, {path.string() + ":2", "train.lr"},
               [&] { s.set.load_toml(path); });
}

TEST_F(OptionFiles, ReadsAnArrayOfTables) {
  const auto path = folder_ / "compare.toml";
  write_file(path,
             "name = 'run'\n[[variant]]\nname = 'native'\n[[variant]]\nname = '\"q\"'\n"
             "train.lr = 0.5\ndata.languages = ['zh', 'de']\n");
  const auto tables = read_option_tables(path, "variant");
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[1].origin, path.string() + ":4");
  ASSERT_EQ(tables[0].values.size(), 1u);
  EXPECT_EQ(tables[0].values[0].text, "native");
  Settings s;
  for (const auto& value : tables[1].values) s.set.assign(value.key, value.text, value.origin);
  EXPECT_EQ(s.name, "\"q\"");
  EXPECT_EQ(s.lr, 0.5);
  EXPECT_THAT(s.languages, ElementsAre("zh", "de"));
  EXPECT_EQ(s.set.find("train.lr")->origin, path.string() + ":6");
  EXPECT_TRUE(read_option_tables(path, "other").empty());
  expect_error(ErrorCode::kUsage, {":1", "[[name]]"}, [&] { read_option_tables(path, "name"); });
}

TEST_F(OptionFiles, ReadsAGridInTheOrderOfTheFile) {
  const auto path = folder_ / "sweep.toml";
  write_file(path,
             "[grid.inner]\n\"train.steps\" = [3, 2]\ndata.languages = [['zh', 'en'], 'de']\n"
             "name = ['b', '[x']\n[grid]\nother = 1\n");
  const auto axes = read_option_grid(path, "grid.inner");
  ASSERT_EQ(axes.size(), 3u);
  EXPECT_EQ(axes[0].key, "train.steps");
  EXPECT_THAT(axes[0].values, ElementsAre("3", "2"));
  EXPECT_EQ(axes[1].origin, path.string() + ":3");
  Settings s;
  s.set.assign(axes[1].key, axes[1].values[0], "grid");
  EXPECT_THAT(s.languages, ElementsAre("zh", "en"));
  s.set.assign(axes[2].key, axes[2].values[1], "grid");
  EXPECT_EQ(s.name, "[x");
  EXPECT_TRUE(read_option_grid(path, "other.inner").empty());
  // A reserved name may be dotted: the rest of its table is read.
  s.set.load_toml_text("[train]\nlr = 0.25\n[train.grid]\nx = [1]\n", "text", {"train.grid"});
  EXPECT_EQ(s.lr, 0.25);
}

}  // namespace
}  // namespace clipstill
