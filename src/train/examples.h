// Where teacher and student answer the test differently, for the report.
#pragma once

#include <cstdint>
#include <string>

#include "data/pair_set.h"
#include "report/report.h"
#include "train/model_folder.h"

namespace clipstill::train {

struct NamedModel {
  std::string name;
  Model& model;
};

/// Counts how often each is right, and shows `count` queries that only the teacher answers right
/// and as many that only the student does (evaluation::choose()): five answers of both, with
/// thumbnails. Fills comparison.agreement and comparison.examples.
void add_disagreement(const NamedModel& teacher, const NamedModel& student,
                      const data::PairSet& test, size_t count, report::Comparison& comparison);

}  // namespace clipstill::train
