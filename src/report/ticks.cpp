#include "report/ticks.h"

#include <algorithm>
#include <cmath>

namespace clipstill::report {
namespace {

constexpr double kSlack = 1e-9;  // relative; keeps a tick that rounding puts just outside

double round_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power * (1 + kSlack)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

std::vector<double> linear_ticks(double low, double high, int target) {
  const double step = round_step((high - low) / target);
  std::vector<double> ticks;
  if (!std::isfinite(step) || step <= 0) return ticks;
  const double first = std::ceil(low / step - kSlack);
  for (int i = 0; i <= 2 * target && (first + i) * step <= high + step * kSlack; ++i) {
    ticks.push_back((first + i) * step);
  }
  return ticks;
}

std::vector<double> log_ticks(double low, double high) {
  constexpr size_t kMany = 7;
  std::vector<double> ticks, decades;
  if (!(low > 0) || !std::isfinite(high)) return ticks;
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (int power = static_cast<int>(std::floor(std::log10(low))); power <= last; ++power) {
    for (const int factor : {1, 2, 5}) {
      const double value = factor * std::pow(10.0, power);
      if (value < low * (1 - kSlack) || value > high * (1 + kSlack)) continue;
      ticks.push_back(value);
      if (factor == 1) decades.push_back(value);
    }
  }
  return ticks.size() > kMany && decades.size() > 1 ? decades : ticks;
}

int decimals_for(double step) {
  if (!(step > 0)) return 0;
  return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - kSlack)), 0, 6);
}

}  // namespace clipstill::report
