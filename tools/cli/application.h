// The common main(): parse, run, and turn errors into messages and exit codes.
#pragma once

#include <functional>
#include <string>

#include "cli/command.h"

namespace clipstill::cli {

struct Application {
  std::string summary;  // one sentence under --help
  std::string version;  // what --version prints
  std::function<void(CommandGroup& root)> register_commands;
};

/// The program goes by its file name. Returns the exit code: 0, or the ErrorCode of what was
/// thrown.
int run_application(const Application& application, int argc, char** argv) noexcept;

/// "clipstill 0.1.0 (g++ 12.2.0)", with `libraries` ("libtorch 1.13.1") inside the brackets.
std::string version_text(const std::string& name, const StringList& libraries = {});

}  // namespace clipstill::cli
