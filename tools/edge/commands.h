// The table of commands of clipstill-edge.
#pragma once

#include "cli/command.h"

namespace clipstill::cli {

void register_edge_commands(CommandGroup& root);

void register_bench(CommandGroup& root);
void register_classify(CommandGroup& root);
void register_embed(CommandGroup& root);
void register_tokenize(CommandGroup& root);
void register_verify(CommandGroup& root);

}  // namespace clipstill::cli
