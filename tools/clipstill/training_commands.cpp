// The commands that need libtorch.
#include <fmt/format.h>
#include <torch/version.h>

#include "clipstill/training_commands.h"

#include "clipstill/commands.h"

namespace clipstill::cli {

void register_training(CommandGroup& root) {
  register_teacher(root);
  register_train(root);
  register_eval(root);
  register_compare(root);
  register_export(root);
}

StringList training_libraries() {
  return {fmt::format("libtorch {}", TORCH_VERSION)};
}

std::vector<DoctorCheck> training_checks() {
  return {{"libtorch", Health::kOk, TORCH_VERSION, ""}};
}

}  // namespace clipstill::cli
