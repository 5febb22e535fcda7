// Runs a program to its end and captures what it writes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipstill::cli {

struct ProgramResult {
  int exit_code = -1;  // 128 + signal when a signal ended it
  std::string out, err;
};

/// `input` is its standard input; it runs in `folder` when one is given.
ProgramResult run_program(const std::vector<std::string>& words, const std::string& input = {},
                          const std::filesystem::path& folder = {});

}  // namespace clipstill::cli
