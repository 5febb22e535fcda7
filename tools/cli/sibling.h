// Commands that live in the other executable of the pair.
#pragma once

#include <string>

#include "cli/command.h"

namespace clipstill::cli {

/// A command that replaces this process by `executable`, which stands beside it (kMissingFile if
/// it does not). `caller` is what its messages call the program.
Delegate sibling_command(std::string name, std::string summary, std::string executable,
                         std::string caller);

}  // namespace clipstill::cli
