// Mean and spread of one quantity over the runs (seeds) of a variant.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace clipstill::report {

struct Statistic {
  double mean = std::numeric_limits<double>::quiet_NaN();  // NaN: no run gave a finite value
  double sd = std::numeric_limits<double>::quiet_NaN();    // of a sample (n - 1); NaN below 2 runs
  int64_t runs = 0;                                        // that gave a finite value
};

Statistic describe(std::span<const double> values);

}  // namespace clipstill::report
