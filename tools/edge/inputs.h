// What a command is given to work on: words of the command line, folders, standard input.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/options.h"

namespace clipstill::cli {

/// The lines of standard input; empty ones too, so that results stay beside what they are of.
StringList read_stdin_lines();

/// Files as they are given, and the JPEG, PNG and WebP files in and below folders, by name.
/// kMissingFile naming what does not exist, or a folder without images; kUsage for an empty word
/// naming its number, which is that of the line.
std::vector<std::filesystem::path> find_images(const StringList& words);

}  // namespace clipstill::cli
