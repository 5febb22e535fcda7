// The commands that need libtorch, one register function per cmd_*.cpp.
#pragma once

#include "cli/command.h"

namespace clipstill::cli {

void register_compare(CommandGroup& root);
void register_eval(CommandGroup& root);
void register_export(CommandGroup& root);
void register_plan(CommandGroup& root);
void register_sweep(CommandGroup& root);
void register_teacher(CommandGroup& root);
void register_train(CommandGroup& root);

}  // namespace clipstill::cli
