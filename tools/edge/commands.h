// The table of commands of clipstill-edge.
#pragma once

#include "cli/command.h"

namespace clipstill::cli {

void register_edge_commands(CommandGroup& root);

void register_tokenize(CommandGroup& root);

}  // namespace clipstill::cli
