// Names the data that a comparison lacks, so that a gap in the report is never silent.
#pragma once

#include <string>
#include <vector>

#include "report/summary.h"

namespace clipstill::report {

std::vector<std::string> what_is_missing(const Comparison& comparison, const Summary& summary);

}  // namespace clipstill::report
