// Shell completion scripts, generated from the declared commands.
#pragma once

#include <string>

#include "cli/command.h"

namespace clipstill::cli {

enum class Shell { kBash, kZsh, kFish };

/// A script that completes commands, flags and the values of options with fixed choices; files
/// everywhere else.
std::string completion_script(const CommandGroup& root, Shell shell);

}  // namespace clipstill::cli
