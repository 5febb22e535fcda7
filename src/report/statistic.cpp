#include "report/statistic.h"

#include <cmath>

namespace clipstill::report {

Statistic describe(std::span<const double> values) {
  Statistic result;
  double sum = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++result.runs;
  }
  if (result.runs == 0) return result;
  result.mean = sum / static_cast<double>(result.runs);
  if (result.runs == 1) return result;
  double squares = 0;
  for (const double value : values) {
    if (std::isfinite(value)) squares += (value - result.mean) * (value - result.mean);
  }
  result.sd = std::sqrt(squares / static_cast<double>(result.runs - 1));
  return result;
}

}  // namespace clipstill::report
