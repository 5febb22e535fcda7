// The built executables, run as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../core/scratch_folder.h"
#include "core/files.h"
#include "run_program.h"

namespace clipstill::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

ProgramResult clipstill(std::vector<std::string> words, const std::string& input = {},
                        const fs::path& folder = {}) {
  words.insert(words.begin(), CLIPSTILL_BINARY);
  return run_program(words, input, folder);
}

bool has_program(const std::string& name) {
  return run_program({"sh", "-c", "command -v " + name}).exit_code == 0;
}

TEST(Program, PrintsItsVersion) {
  const auto result = clipstill({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("clipstill 0."));
  EXPECT_THAT(result.err, IsEmpty());
  const auto edge = run_program({CLIPSTILL_BINARY "-edge", "--version"});
  EXPECT_EQ(edge.exit_code, 0);
  EXPECT_THAT(edge.out, StartsWith("clipstill-edge 0."));
}

TEST(Program, UsageErrorsGoToStderrWithExitCode2) {
  for (const auto& [words, message] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "expected a command"},
           {{"doctr"}, "did you mean doctor?"},
           {{"doctor", "--jsno"}, "did you mean --json?"},
           {{"doctor", "extra"}, "\"extra\""},
           {{"completions"}, "shell is required"},
           {{"completions", "tcsh"}, "bash, zsh or fish"}}) {
    const auto result = clipstill(words);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, StartsWith("clipstill: "));
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

TEST(Program, HelpIsTheResultAndGoesToStdout) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--help"}, {"doctor", "--help"}, {"completions", "-h"}, {"tokenize", "--help"}}) {
    const auto result = clipstill(words);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("Usage: clipstill"));
    EXPECT_THAT(result.err, IsEmpty());
  }
}

TEST(Program, AFullOutputIsExitCode5) {
  const auto result = run_program({"sh", "-c", CLIPSTILL_BINARY " --help > /dev/full"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("standard output"));
}

TEST(Program, AReaderThatLeavesIsNoError) {
  const auto result =
      run_program({"bash", "-c", "set -o pipefail; " CLIPSTILL_BINARY " completions bash | true"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
}

TEST(Doctor, ListsItsChecksAsTextAndJson) {
  const auto text = clipstill({"doctor"});
  const auto json = clipstill({"doctor", "--json"});
  EXPECT_EQ(text.exit_code, json.exit_code);
  const auto checks = nlohmann::json::parse(json.out).at("checks");
  for (const auto& check : checks) {
    EXPECT_THAT(text.out, HasSubstr(check.at("name").get<std::string>()));
    EXPECT_FALSE(check.at("found").get<std::string>().empty());
    const bool is_well = check.at("health") == "ok";
    EXPECT_EQ(check.at("fix").get<std::string>().empty(), is_well) << check;
  }
  EXPECT_GE(checks.size(), 7u);
}

TEST(Doctor, FailsInAFolderThatIsGone) {
  const ScratchFolder scratch;
  const auto script = "mkdir gone && cd gone && rmdir ../gone && " CLIPSTILL_BINARY " doctor";
  const auto result = run_program({"sh", "-c", script}, "", scratch.path());
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_THAT(result.out, HasSubstr("disk"));
}

TEST(Completions, AreValidInEachShell) {
  const ScratchFolder scratch;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const auto script = clipstill({"completions", shell});
    EXPECT_EQ(script.exit_code, 0);
    for (const char* word : {"doctor", "completions", "tokenize", "json"}) {
      EXPECT_THAT(script.out, HasSubstr(word)) << shell;
    }
    if (shell != "bash" && !has_program(shell)) continue;
    write_file(scratch / shell, script.out);
    const auto check = run_program({shell, "-n", (scratch / shell).string()});
    EXPECT_EQ(check.exit_code, 0) << shell << ": " << check.err;
  }
}

// What bash offers after `words`, the last of which is being typed.
std::string completed(const std::string& words, int position) {
  const ScratchFolder scratch;
  write_file(scratch / "script", clipstill({"completions", "bash"}).out);
  const auto result = run_program(
      {"bash", "-c",
       "source " + (scratch / "script").string() + "; COMP_WORDS=(clipstill " + words +
           "); COMP_CWORD=" + std::to_string(position) + "; _clipstill; echo \"${COMPREPLY[*]}\""});
  EXPECT_THAT(result.err, IsEmpty());
  return result.out;
}

TEST(Completions, OfferCommandsThenFlags) {
  EXPECT_EQ(completed("doc", 1), "doctor\n");
  EXPECT_EQ(completed("doctor --", 2), "--json --quiet --help\n");
  EXPECT_EQ(completed("doctor --quiet --j", 3), "--json\n");
  EXPECT_EQ(completed("--v", 1), "--version\n");
}

class TokenizeProgram : public testing::Test {
 protected:
  TokenizeProgram() {
    write_file(folder_ / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\n##s\n猫\n");
  }
  ScratchFolder folder_;
};

// `clipstill tokenize` is clipstill-edge's.
TEST_F(TokenizeProgram, RunsFromBothExecutables) {
  const auto folder = folder_.path().string();
  const auto result = clipstill({"tokenize", folder, "reds", "猫", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto edge =
      run_program({CLIPSTILL_BINARY "-edge", "tokenize", folder, "reds", "猫", "--json"});
  EXPECT_EQ(edge.out, result.out);
  const auto json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[1]["text"], "猫");
  const auto expected = nlohmann::json::parse(R"([
    {"id": 2, "piece": "[CLS]", "begin": 0, "end": 0},
    {"id": 5, "piece": "red", "begin": 0, "end": 3},
    {"id": 6, "piece": "##s", "begin": 3, "end": 4},
    {"id": 3, "piece": "[SEP]", "begin": 0, "end": 0}])");
  EXPECT_EQ(json[0]["tokens"], expected);
}

TEST_F(TokenizeProgram, ReadsLinesFromStdin) {
  const auto folder = folder_.path().string();
  const auto from_stdin = clipstill({"tokenize", folder}, "reds\n猫\n");
  EXPECT_EQ(from_stdin.out, clipstill({"tokenize", folder, "reds", "猫"}).out);
  EXPECT_THAT(from_stdin.out, HasSubstr("red"));
}

TEST_F(TokenizeProgram, NamesWhatIsWrong) {
  const auto missing = clipstill({"tokenize", "nowhere", "x"});
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.err, StartsWith("clipstill: nowhere"));
  const auto folder = folder_.path().string();
  const auto range = clipstill({"tokenize", folder, "x", "--context", "1"});
  EXPECT_EQ(range.exit_code, 2);
  EXPECT_THAT(range.err, HasSubstr("context 1 has no room for [CLS] and [SEP]"));
}

TEST(Program, AMissingSiblingIsNamed) {
  const ScratchFolder scratch;
  fs::copy_file(CLIPSTILL_BINARY, scratch / "clipstill");
  const auto result = run_program({(scratch / "clipstill").string(), "tokenize", "x"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr((scratch / "clipstill-edge").string()));
}

}  // namespace
}  // namespace clipstill::cli
