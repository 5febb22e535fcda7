#include "edge/commands.h"

namespace clipstill::cli {

// One line per command; the same name as a sibling_command() in tools/clipstill/commands.cpp
// makes it `clipstill <name>` too.
void register_edge_commands(CommandGroup& root) {
  register_embed(root);
  register_classify(root);
  register_verify(root);
  register_bench(root);
  register_tokenize(root);
}

}  // namespace clipstill::cli
