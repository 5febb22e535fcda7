// The command line, parsed against the declared commands.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/command.h"

namespace clipstill::cli {

/// A command whose members, options and config hold what the command line gave.
struct Invocation {
  Command* command = nullptr;
  bool json = false;
  bool quiet = false;
};

/// Text that --help or --version asked for.
struct Notice {
  std::string text;
};

/// Throws kUsage naming what is unknown or missing, with the nearest name.
std::variant<Invocation, Notice> parse_command_line(CommandGroup& root, const std::string& version,
                                                    const StringList& arguments);

}  // namespace clipstill::cli
