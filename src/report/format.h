// How the report writes numbers; one place, so that all formats agree.
// Whatever is not a finite number is written as kMissing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/bootstrap.h"
#include "report/native_reach.h"
#include "report/statistic.h"

namespace clipstill::report {

inline constexpr std::string_view kMissing = "–";

std::string percent(double share);         // 0.965 -> "96.5 %"
std::string percent_number(double share);  // 0.965 -> "96.5", for columns headed "%"
std::string points(double difference);     // 0.053 -> "+5.3"

/// "96.5 [95.2, 97.9]" and "+5.3 [+3.1, +7.4]".
std::string percent_interval(const std::optional<metrics::Interval>& interval);
std::string points_interval(const std::optional<metrics::Interval>& interval);
/// The bounds alone: "[95.2, 97.9]" and "[+3.1, +7.4]".
std::string percent_bounds(const metrics::Interval& interval);
std::string points_bounds(const metrics::Interval& interval);

/// In percent over seeds: "60.3 ± 0.8", or "60.3" for a single run.
std::string percent_over_runs(const Statistic& statistic);
/// As it is: "1.35 ± 0.02".
std::string fixed_over_runs(const Statistic& statistic, int decimals);

/// "3", or "2 of 3" where a run failed.
std::string finished_runs(int64_t finished, int64_t failed);

/// `mean` where every seed reached native's score, else "2 of 3 seeds" or "not reached".
std::string native_reach(const NativeReach& reach, const std::string& mean);

/// "150"; of a schedule "1 → 0.5", with the part of training where that is not all of it,
/// "1 → 0.5 (20–80 %)"; of a loss that is off, kMissing.
std::string loss_weight(const LossWeight& loss);

/// "Only distilled is right"; of an example that was chosen for nothing, "Nearest neighbours".
std::string only_right_heading(const Example& example);

std::string count(double value);                // "1,234,567", of a mean the nearest whole number
std::string magnitude(double value);            // "1.23 M", "450 k"
std::string duration(double seconds);           // "45 s", "12 min 03 s", "3 h 05 min"
std::string fixed(double value, int decimals);  // with a true minus sign; never "-0"

}  // namespace clipstill::report
