#include "cli/application.h"
#include "edge/commands.h"
#include "runtime/session.h"

int main(int argc, char** argv) {
  using namespace clipstill;
  using namespace clipstill::cli;
  return run_application({.summary = "Run a distilled student on a device, without libtorch",
                          .version = version_text(
                              "clipstill-edge", {"ONNX Runtime " + runtime::onnxruntime_version()}),
                          .register_commands = register_edge_commands},
                         argc, argv);
}
