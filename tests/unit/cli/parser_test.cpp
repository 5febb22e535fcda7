#include "cli/parser.h"

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "cli/context.h"
#include "core/files.h"

namespace clipstill::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Train final : public Command {
 public:
  Train() : Command("train", "Train a student") {
    positional("data", data, "pairs");
    options().add("train.lr", lr, "peak learning rate").range(0, 10);
    options().add("train.loss", loss, "distillation loss").choices({"kl", "fd"});
    options().add("train.ema", ema, "average the weights");
    options().add("languages", languages, "languages of the texts");
    take_config(Need::kOptional, {"variant"});
    offer_json();
  }
  void run(Context&) override {}

  std::string data, loss = "kl";
  StringList languages;
  double lr = 0.1;
  bool ema = true;
};

class Compare final : public Command {
 public:
  Compare() : Command("compare", "Compare variants") {
    options().add("seeds", seeds, "runs of each variant");
    take_config(Need::kRequired);
  }
  void run(Context&) override {}

  int64_t seeds = 1;
};

class Show final : public Command {
 public:
  Show() : Command("show", "Show pairs") {
    positional("out", out, "PNG file", Need::kOptional);
    positional("ids", ids, "which pairs", Need::kOptional);
  }
  void run(Context&) override {}

  std::string out = "sheet.png";
  StringList ids;
};

class Parser : public testing::Test {
 protected:
  Parser() {
    root_.add<Train>();
    root_.add<Compare>();
    root_.group("data", "Work with pairs").add<Show>();
  }
  Invocation parse(const StringList& words) {
    return std::get<Invocation>(parse_command_line(root_, "clipstill 1.2.3", words));
  }
  std::string notice(const StringList& words) {
    return std::get<Notice>(parse_command_line(root_, "clipstill 1.2.3", words)).text;
  }
  void expect_usage_error(const StringList& words, const std::vector<std::string>& message) {
    expect_error(ErrorCode::kUsage, message, [&] { parse(words); });
  }
  const Train& train() const { return static_cast<const Train&>(*root_.commands()[0]); }
  const Show& show() const { return static_cast<const Show&>(*root_.groups()[0]->commands()[0]); }

  ScratchFolder folder_;
  CommandGroup root_{"clipstill", "Distil"};
};

TEST_F(Parser, ReadsPositionalsAndFlags) {
  const auto invocation = parse({"train", "pairs.csv", "--train.lr", "3e-4", "--languages=en,zh",
                                 "--json", "--train.loss", "fd", "--train.ema=false"});
  EXPECT_EQ(invocation.command, &train());
  EXPECT_TRUE(invocation.json);
  EXPECT_FALSE(invocation.quiet);
  EXPECT_EQ(train().data, "pairs.csv");
  EXPECT_EQ(train().lr, 3e-4);
  EXPECT_THAT(train().languages, ElementsAre("en", "zh"));
  EXPECT_EQ(train().loss, "fd");
  EXPECT_FALSE(train().ema);
  EXPECT_EQ(train().config_path(), "");
}

TEST_F(Parser, KeepsDefaults) {
  EXPECT_TRUE(parse({"data", "show", "-q"}).quiet);
  EXPECT_EQ(show().out, "sheet.png");
  EXPECT_THAT(show().ids, ElementsAre());
}

TEST_F(Parser, AListTakesAllThatFollowsAsItStands) {
  parse({"data", "show", "x.png", "[a,b]", "train", "--", "-5", "[c", "--"});
  EXPECT_EQ(show().out, "x.png");
  EXPECT_THAT(show().ids, ElementsAre("[a,b]", "train", "-5", "[c", "--"));
}

TEST_F(Parser, OverridesComeAfterTheConfig) {
  write_file(folder_ / "run.toml", "[train]\nlr = 1\nloss = 'fd'\n[[variant]]\nx = 1\n");
  const auto path = (folder_ / "run.toml").string();
  parse({"train", "d", path, "train.lr=2", "languages=[\"de\"]", "--train.ema=false"});
  EXPECT_EQ(train().config_path(), path);
  EXPECT_EQ(train().lr, 2);
  EXPECT_EQ(train().loss, "fd");
  EXPECT_FALSE(train().ema);
  EXPECT_THAT(train().languages, ElementsAre("de"));
  EXPECT_EQ(train().options().find("train.lr")->origin, "command line");
  EXPECT_EQ(train().options().find("train.loss")->origin, path + ":3");
}

TEST_F(Parser, OverridesStandWithoutAConfigToo) {
  parse({"train", "d", "train.lr=2", "train.loss=fd"});
  EXPECT_EQ(train().lr, 2);
  EXPECT_EQ(train().loss, "fd");
  EXPECT_EQ(train().config_path(), "");
}

TEST_F(Parser, AConfigMayHaveAnEqualsSignInItsPath) {
  make_folders(folder_ / "lr=2");
  const auto path = (folder_ / "lr=2" / "run.toml").string();
  write_file(path, "[train]\nlr = 1\n");
  parse({"train", "d", path});
  EXPECT_EQ(train().config_path(), path);
  EXPECT_EQ(train().lr, 1);
}

TEST_F(Parser, AnOverrideMayBeLongerThanAPath) {
  const std::string name(5000, 'x');
  parse({"train", "d", "languages=" + name});
  EXPECT_THAT(train().languages, ElementsAre(name));
}

TEST_F(Parser, NamesConfigErrors) {
  write_file(folder_ / "run.toml", "[train]\nlrr = 1\n");
  const auto path = (folder_ / "run.toml").string();
  expect_usage_error({"train", "d", path}, {path + ":2", "train.lrr", "train.lr?"});
  expect_usage_error({"train", "d", "train.lr=1", "x.toml"}, {"key=value", "x.toml"});
  expect_usage_error({"train", "d", "train.lrr=1"}, {"train.lrr", "did you mean train.lr?"});
  expect_usage_error({"train", "d", "train.lr=1", "--train.lr", "2"}, {"twice", "train.lr"});
  expect_usage_error({"compare", "seeds=3"}, {"TOML file"});
  expect_usage_error({"compare"}, {"config is required"});
  expect_error(ErrorCode::kMissingFile, {"none.toml"}, [&] { parse({"train", "d", "none.toml"}); });
}

TEST_F(Parser, NamesBadValues) {
  expect_usage_error({"train", "d", "--train.lr", "fast"}, {"train.lr", "a number", "fast"});
  expect_usage_error({"train", "d", "--train.lr", "11"}, {"train.lr", "from 0 to 10"});
  expect_usage_error({"train", "d", "--train.loss", "kd"}, {"train.loss", "kl, fd"});
  expect_usage_error({"train", "d", "--train.lr"}, {"--train.lr"});
}

TEST_F(Parser, SuggestsTheNearestName) {
  expect_usage_error({"trian"},
                     {"unknown command \"trian\"", "did you mean train?", "clipstill --help"});
  expect_usage_error({"data", "shwo"}, {"did you mean show?", "clipstill data --help"});
  expect_usage_error({"train", "d", "--train.lrr=3"},
                     {"unknown option \"--train.lrr=3\"", "did you mean --train.lr?"});
  expect_usage_error({"data", "show", "--jsn"}, {"unknown option \"--jsn\""});
  expect_usage_error({}, {"expected a command: data, train"});
  expect_usage_error({"data"}, {"expected a command: show", "clipstill data --help"});
  expect_usage_error({"train"}, {"data is required", "clipstill train --help"});
}

TEST_F(Parser, HelpsAtEveryLevel) {
  EXPECT_THAT(notice({"--help"}), HasSubstr("Usage: clipstill [OPTIONS] COMMAND"));
  EXPECT_THAT(notice({"--help"}), HasSubstr("Train a student"));
  EXPECT_THAT(notice({"data", "-h"}), HasSubstr("Usage: clipstill data"));
  const auto text = notice({"train", "--help"});
  EXPECT_THAT(text, HasSubstr("Usage: clipstill train"));
  EXPECT_THAT(text, HasSubstr("--train.lr number [0.1]"));
  EXPECT_THAT(text, HasSubstr("peak learning rate (0 to 10)"));
  EXPECT_THAT(text, HasSubstr("--train.loss kl|fd [\"kl\"]"));
  EXPECT_THAT(text, HasSubstr("[key=value ...]"));
  EXPECT_EQ(notice({"--version"}), "clipstill 1.2.3\n");
}

TEST_F(Parser, EveryNameInTheTreeHasHelp) {
  for (const StringList& words :
       std::vector<StringList>{{"train"}, {"compare"}, {"data"}, {"data", "show"}}) {
    StringList with_help = words;
    with_help.push_back("--help");
    EXPECT_THAT(notice(with_help), HasSubstr(words.back()));
  }
}

TEST(FormatTable, AlignsColumns) {
  EXPECT_EQ(format_table({{"name", "n"}, {"猫", "12"}, {"longer one", ""}}),
            "name        n\n----------  --\n猫           12\nlonger one\n");
}

}  // namespace
}  // namespace clipstill::cli
