#include "cli/application.h"
#include "edge/commands.h"

int main(int argc, char** argv) {
  using namespace clipstill::cli;
  return run_application({.summary = "Run a distilled student on a device, without libtorch",
                          .version = version_text("clipstill-edge"),
                          .register_commands = register_edge_commands},
                         argc, argv);
}
