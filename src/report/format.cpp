#include "report/format.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace clipstill::report {
namespace {

std::string bounds(const std::string& low, const std::string& high) {
  return "[" + low + ", " + high + "]";
}

}  // namespace

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return std::string(kMissing);
  const std::string digits = fmt::format("{:.{}f}", std::fabs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return (value < 0 && !zero ? "−" : "") + digits;
}

std::string percent_number(double share) {
  return fixed(100 * share, 1);
}

std::string percent(double share) {
  return std::isfinite(share) ? percent_number(share) + " %" : std::string(kMissing);
}

std::string points(double difference) {
  const std::string number = percent_number(difference);
  return (difference > 0 && number != "0.0" && number != kMissing ? "+" : "") + number;
}

std::string percent_bounds(const metrics::Interval& interval) {
  return bounds(percent_number(interval.low), percent_number(interval.high));
}

std::string points_bounds(const metrics::Interval& interval) {
  return bounds(points(interval.low), points(interval.high));
}

std::string percent_interval(const std::optional<metrics::Interval>& interval) {
  if (!interval) return std::string(kMissing);
  return percent_number(interval->value) + " " + percent_bounds(*interval);
}

std::string points_interval(const std::optional<metrics::Interval>& interval) {
  if (!interval) return std::string(kMissing);
  return points(interval->value) + " " + points_bounds(*interval);
}

std::string percent_over_runs(const Statistic& statistic) {
  const std::string mean = percent_number(statistic.mean);
  return statistic.runs < 2 ? mean : mean + " ± " + percent_number(statistic.sd);
}

std::string fixed_over_runs(const Statistic& statistic, int decimals) {
  const std::string mean = fixed(statistic.mean, decimals);
  return statistic.runs < 2 ? mean : mean + " ± " + fixed(statistic.sd, decimals);
}

std::string native_reach(const NativeReach& reach, const std::string& mean) {
  if (reach.seeds.empty()) return std::string(kMissing);
  if (reach.by_all()) return mean;
  return reach.reached == 0 ? "not reached"
                            : fmt::format("{} of {} seeds", reach.reached, reach.seeds.size());
}

std::string loss_weight(const LossWeight& loss) {
  if (!loss.active()) return std::string(kMissing);
  if (loss.first == loss.last) return fmt::format("{}", loss.first);
  const std::string change = fmt::format("{} → {}", loss.first, loss.last);
  if (loss.start == 0 && loss.end == 1) return change;
  return fmt::format("{} ({:g}–{:g} %)", change, 100 * loss.start, 100 * loss.end);
}

std::string only_right_heading(const Example& example) {
  return example.only_right.empty() ? "Nearest neighbours"
                                    : "Only " + example.only_right + " is right";
}

std::string finished_runs(int64_t finished, int64_t failed) {
  return failed == 0 ? fmt::format("{}", finished)
                     : fmt::format("{} of {}", finished, finished + failed);
}

std::string count(double value) {
  const std::string digits = fixed(std::fabs(value), 0);
  if (!std::isfinite(value)) return digits;
  std::string grouped = value < 0 && digits != "0" ? "−" : "";
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string magnitude(double value) {
  if (!std::isfinite(value)) return std::string(kMissing);
  constexpr std::array<std::string_view, 5> kSuffixes = {"", " k", " M", " G", " T"};
  size_t suffix = 0;
  double scaled = value;
  // 999.5 would be written as "1000" with three digits.
  while (std::fabs(scaled) >= 999.5 && suffix + 1 < kSuffixes.size()) {
    scaled /= 1000;
    ++suffix;
  }
  return fmt::format("{:.3g}{}", scaled, kSuffixes[suffix]);
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return std::string(kMissing);
  if (seconds < 9.95) return fixed(seconds, 1) + " s";
  const double whole = std::round(seconds);
  if (whole < 60) return fixed(whole, 0) + " s";
  if (whole < 3600)
    return fmt::format("{:.0f} min {:02.0f} s", std::floor(whole / 60), std::fmod(whole, 60));
  const double minutes = std::round(seconds / 60);
  return fmt::format("{:.0f} h {:02.0f} min", std::floor(minutes / 60), std::fmod(minutes, 60));
}

}  // namespace clipstill::report
