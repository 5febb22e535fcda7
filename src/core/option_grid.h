// A table of lists in a config: the keys of a grid, each with the values that it takes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/options.h"

namespace clipstill {

struct OptionAxis {
  std::string key;
  StringList values;   // as text for OptionSet::assign()
  std::string origin;  // file and line
};

/// Reads the table of this dotted name ("sweep.grid"), in the order of the file; empty if there is
/// none. kUsage if it is something else than a table, or a value of it no list.
std::vector<OptionAxis> read_option_grid(const std::filesystem::path& path,
                                         const std::string& table);

}  // namespace clipstill
