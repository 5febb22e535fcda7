// Which of the counted towers make a student that fits: a pure function, given how long a tower
// takes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "train/student_grid.h"

namespace clipstill::train {

/// A tower of the grid and what it costs.
struct CountedTower {
  std::string arch;
  Keys keys;
  size_t series = 0;       // towers of one series lie together, the narrowest first
  int64_t parameters = 0;  // without the token table
  int64_t table = 0;       // the token table, with the matrix behind it
  int64_t projection = 0;  // to the joint space
};

struct CountedTowers {
  std::vector<CountedTower> images, texts;
  int64_t scale = 1;  // parameters of the logits, which every student has
};

/// How the parameters of towers and token table are split: a rule of thumb. On the emoji pairs
/// nearly all of the loss was the image tower's, and parameters were a little better in the text
/// tower than in the table (docs/results.md); the bounds themselves are chosen, not measured.
inline constexpr int64_t kLeastImagePercent = 50, kMostImagePercent = 67;
inline constexpr int64_t kMostTablePercent = 15;

/// Shares of the budget that differ by less say nothing about which student learns better.
inline constexpr int64_t kShareStepPercent = 5;

struct StudentLimits {
  int64_t parameters = 0;  // at most
  double latency = 0;      // seconds of one image at most; 0 = any
  // The kinds of tower that the config has.
  std::string image_arch, text_arch;
};

struct ChosenStudent {
  size_t image = 0, text = 0;  // of CountedTowers
  int64_t parameters = 0;
  double image_seconds = 0;
};

/// Of each pair of kinds the student with most parameters that keeps the limits and the split.
/// Ordered by the share of the allowed parameters, in steps of kShareStepPercent; where that is
/// equal, the config's own kinds of tower first (each counts), then the faster image tower.
/// `image_seconds` is asked for few of the image towers, each once. kUsage naming the smallest or
/// the fastest student where nothing fits.
std::vector<ChosenStudent> choose_students(
    const CountedTowers& towers, const StudentLimits& limits,
    const std::function<double(size_t image)>& image_seconds);

/// "resnet, width 16, blocks [1, 1, 2, 1]".
std::string describe(const Keys& keys);

}  // namespace clipstill::train
