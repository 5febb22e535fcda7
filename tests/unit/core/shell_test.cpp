// What a shell reads back.
#include "core/shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

namespace clipstill {
namespace {

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> buffer{};
  for (size_t read = 0; (read = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), read);
  }
  ::pclose(pipe);
  return out;
}

TEST(Shell, ReadsEveryWordBack) {
  std::string printable;
  for (char c = ' '; c <= '~'; ++c) printable += c;
  const std::vector<std::string> words{"printf",
                                       "%s\\0",
                                       "plain-1.5_x=/a,b:+@%",
                                       "",
                                       "two words",
                                       "it's",
                                       "''",
                                       "$HOME `id` $(id)",
                                       "a\nb\t\\n",
                                       "~",
                                       "*",
                                       "=ls",
                                       "#no comment",
                                       "&& false",
                                       "猫",
                                       "[1, 2]",
                                       "x=\"q\"",
                                       "!!",
                                       printable,
                                       "-n"};
  std::string expected;
  for (size_t i = 2; i < words.size(); ++i) expected += words[i] + '\0';
  EXPECT_EQ(output_of(shell_command(words)), expected);
}

TEST(Shell, LeavesPlainWordsAsTheyAre) {
  EXPECT_EQ(shell_command({"clipstill", "train", "my.toml", "loss.kl.temperature=4.0"}),
            "clipstill train my.toml loss.kl.temperature=4.0");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
}

}  // namespace
}  // namespace clipstill
