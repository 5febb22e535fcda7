#include "clipstill/commands.h"

#include "cli/sibling.h"

namespace clipstill::cli {

// One line per command or group; `--help` shows them in this order.
void register_commands(CommandGroup& root) {
  register_data(root);
  register_training(root);
  register_doctor(root);
  register_completions(root);
  root.delegate(
      sibling_command("tokenize", "Show the tokens of texts", "clipstill-edge", root.name()));
}

}  // namespace clipstill::cli
