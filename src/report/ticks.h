// Round axis ticks.
#pragma once

#include <string>
#include <vector>

namespace clipstill::report {

/// About `target` round values (1, 2 or 5 times a power of ten apart) in [low, high].
std::vector<double> linear_ticks(double low, double high, int target);

/// 1, 2 and 5 times powers of ten in [low, high], or powers of ten alone where those are many.
std::vector<double> log_ticks(double low, double high);

/// The decimals that tell ticks so far apart from each other.
int decimals_for(double step);

}  // namespace clipstill::report
