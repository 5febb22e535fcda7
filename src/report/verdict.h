// The headline: is the budget met, in plain words with both numbers.
#pragma once

#include <string>

#include "report/summary.h"

namespace clipstill::report {

/// Judges summary.headline(); `asked` is its name as the comparison gave it, for the message
/// when there is no such variant.
Verdict judge(const Summary& summary, const std::string& asked);

}  // namespace clipstill::report
