// Students that fit a budget: the towers of the grid, counted by building them and timed on this
// machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "train/budget.h"
#include "train/config.h"
#include "train/student_choice.h"

namespace clipstill::train {

/// Builds the towers of the grid, all else as in `options`; of each series up to the first with
/// more than `most_parameters`, whose towers would only be dear to build. Widths that a tower
/// refuses are left out.
CountedTowers count_towers(const nn::ClipModelOptions& options, const text::Tokenizer& tokenizer,
                           int64_t most_parameters);

struct ProposedStudent {
  std::map<std::string, std::string> values;  // what the student sets: key -> TOML
  std::map<std::string, int64_t> parameters;  // by component
  int64_t total_parameters = 0;
  // One of them through libtorch on one thread: the median of some passes. A text of full length.
  double image_seconds = 0, text_seconds = 0;
  int64_t image_flops = 0, text_flops = 0;
};

struct StudentSearch {
  int64_t teacher_parameters = 0;  // 0 without a teacher
  StudentLimits limits;
  std::vector<ProposedStudent> students;  // as choose_students() orders them; at least one
  std::string toml;                       // [model] and [tokenizer] tables of the first
};

/// The base config with other towers; size, context, joint space and tokenizer stay. Without a
/// number of parameters in `budget`, `default_share` of the teacher's are allowed. kUsage where
/// nothing fits.
StudentSearch search_students(RunConfig& base, const Budget& budget, double default_share);

}  // namespace clipstill::train
