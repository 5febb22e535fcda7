// The commands that need libtorch.
#include <fmt/format.h>
#include <torch/version.h>

#include "clipstill/training_commands.h"

#include "clipstill/commands.h"
#include "train/blas.h"

namespace clipstill::cli {

void prepare_training(char** argv) {
  train::restart_with_better_kernels(argv);
}

void register_training(CommandGroup& root) {
  register_teacher(root);
  register_plan(root);
  register_train(root);
  register_eval(root);
  register_compare(root);
  register_sweep(root);
  register_export(root);
}

StringList training_libraries() {
  return {fmt::format("libtorch {}", TORCH_VERSION)};
}

std::vector<DoctorCheck> training_checks() {
  const auto kernels = train::openblas_kernels();
  return {{"libtorch", Health::kOk, TORCH_VERSION, ""},
          {"matrix kernels", Health::kOk,
           kernels.empty() ? "not those of OpenBLAS" : "OpenBLAS " + kernels, ""}};
}

}  // namespace clipstill::cli
