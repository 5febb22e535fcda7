// The points of a grid of settings.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/option_grid.h"
#include "core/options.h"
#include "train/config.h"

namespace clipstill::train {

struct GridPoint {
  std::string name;    // "loss.kl.temperature=4 train.lr=0.001"
  std::string folder;  // the name, fit for a file system
  StringList values;   // by axis, as text
  std::unique_ptr<RunConfig> config;
};

/// The product of the axes over `base`, the last axis fastest. Where an axis changes what the soft
/// labels are of, each point has a teacher.cache of its own. kUsage, before anything runs, where
/// the grid is empty or larger than kMaxGridPoints, a key is unknown (naming the nearest), one that
/// all runs must share (is_shared_key()), or of a loss that is off everywhere, a value does not fit
/// its key, or two points are the same.
std::vector<GridPoint> grid_points(RunConfig& base, const std::vector<OptionAxis>& grid);

inline constexpr size_t kMaxGridPoints = 1000;

}  // namespace clipstill::train
