#include "cli/application.h"
#include "clipstill/commands.h"
#include "core/allocator.h"

int main(int argc, char** argv) {
  using namespace clipstill::cli;
  prepare_training(argv);
  clipstill::keep_freed_memory();
  return run_application({.summary = "Distil CLIP-style image-text teachers into light students",
                          .version = version_text("clipstill", training_libraries()),
                          .register_commands = register_commands},
                         argc, argv);
}
