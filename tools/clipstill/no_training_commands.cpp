// A build without libtorch: the training commands say so instead of being unknown.
#include <fmt/format.h>

#include "clipstill/commands.h"
#include "core/error.h"

namespace clipstill::cli {

void prepare_training(char**) {}

void register_training(CommandGroup& root) {
  for (const char* name : {"teacher", "plan", "train", "eval", "compare", "sweep", "export"}) {
    root.delegate({name, "(needs libtorch, which this build lacks)", [name](const StringList&) {
                     fail(ErrorCode::kUsage,
                          "{}: this build has no libtorch; install it (Debian: apt install "
                          "libtorch-dev), configure with -DCLIPSTILL_TRAINING=ON and build again",
                          name);
                   }});
  }
}

StringList training_libraries() {
  return {};
}

std::vector<DoctorCheck> training_checks() {
  return {{"libtorch", Health::kWarning, "not in this build",
           "to train: apt install libtorch-dev, build with -DCLIPSTILL_TRAINING=ON"}};
}

}  // namespace clipstill::cli
