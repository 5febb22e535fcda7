// What `plan --budget` prints.
#pragma once

#include <string>

#include "cli/context.h"
#include "train/student_search.h"

namespace clipstill::cli {

Json search_json(const train::StudentSearch& search);
std::string search_text(const train::StudentSearch& search);

}  // namespace clipstill::cli
