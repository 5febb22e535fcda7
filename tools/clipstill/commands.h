// The table of commands, and the register functions that it calls (one per cmd_*.cpp).
#pragma once

#include "cli/command.h"
#include "clipstill/doctor_check.h"

namespace clipstill::cli {

/// Everything below `clipstill`.
void register_commands(CommandGroup& root);

void register_completions(CommandGroup& root);
void register_data(CommandGroup& root);
void register_data_emoji(CommandGroup& data);  // called by register_data()
void register_doctor(CommandGroup& root);

/// The part that needs libtorch: its commands, or in a build without it stand-ins that say so.
/// One of training_commands.cpp and no_training_commands.cpp is compiled.
void register_training(CommandGroup& root);
/// First of all in main(): may start the program again (train/blas.h).
void prepare_training(char** argv);
/// "libtorch 1.13.1"; empty in a build without it.
StringList training_libraries();
/// What `doctor` checks of the training side.
std::vector<DoctorCheck> training_checks();

}  // namespace clipstill::cli
