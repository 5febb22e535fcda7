// The towers that `clipstill plan --budget` chooses from: the one place that says which.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace clipstill::train {

/// Keys of a config with their values, as text for OptionSet::assign().
using Keys = std::vector<std::pair<std::string, std::string>>;

/// Towers of one kind and depth, the narrowest first: each has more parameters than the one before,
/// and takes more time.
using TowerSeries = std::vector<Keys>;

std::vector<TowerSeries> image_series();
std::vector<TowerSeries> text_series();

}  // namespace clipstill::train
