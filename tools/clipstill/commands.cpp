#include "clipstill/commands.h"

#include <utility>

#include "cli/sibling.h"

namespace clipstill::cli {

// One line per command or group; `--help` shows them in this order.
void register_commands(CommandGroup& root) {
  register_data(root);
  register_training(root);
  register_doctor(root);
  register_completions(root);
  const auto on_the_edge = [&](std::string name, std::string summary) {
    root.delegate(
        sibling_command(std::move(name), std::move(summary), "clipstill-edge", root.name()));
  };
  on_the_edge("embed", "Turn images or texts into embeddings");
  on_the_edge("classify", "Tell which of some labels fit images");
  on_the_edge("verify", "Check that a bundle is whole and computes what it should here");
  on_the_edge("bench", "Measure a bundle on this machine");
  on_the_edge("tokenize", "Show the tokens of texts");
}

}  // namespace clipstill::cli
