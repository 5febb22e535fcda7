#include "cli/application.h"
#include "clipstill/commands.h"

int main(int argc, char** argv) {
  using namespace clipstill::cli;
  return run_application({.summary = "Distil CLIP-style image-text teachers into light students",
                          .version = version_text("clipstill", training_libraries()),
                          .register_commands = register_commands},
                         argc, argv);
}
