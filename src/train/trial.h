// A few real steps of what is going to take long: how fast it is here, and what it needs.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "train/config.h"
#include "train/learner.h"
#include "train/model_folder.h"
#include "train/run_data.h"

namespace clipstill::train {

/// Of one training, measured on this machine or counted.
struct TrainingTrial {
  double start_seconds = 0;        // the network, with passes of the teacher that it inherits from
  double step_seconds = 0;         // a step with the loader's part, as train() takes it
  double validation_seconds = 0;   // one validation
  double test_seconds = 0;         // the test of the finished model
  double calibration_seconds = 0;  // and its calibration on the validation data
  int64_t memory_bytes = 0;        // most that was in memory at once, of the whole process
  int64_t disk_bytes = 0;          // most that the run's folder takes
};

/// Trains for some seconds from the initial weights, in `runs` copies side by side that share the
/// threads, as compare() does, and keeps nothing. Soft labels are random: they cost what real ones
/// cost, and need not be there yet. Pictures that the loader keeps decoded are counted as if all
/// were.
TrainingTrial try_training(const RunConfig& config, const RunData& data,
                           std::shared_ptr<const text::Tokenizer> tokenizer,
                           const std::vector<TeacherShape>& teachers, int64_t runs);

/// Of a teacher: its pass over the training split, its test and its calibration.
struct TeacherTrial {
  TeacherShape shape;
  double embed_seconds = 0;
  double test_seconds = 0;
  double calibration_seconds = 0;
  int64_t memory_bytes = 0;  // most at once, of the whole process
  int64_t test_memory_bytes = 0;
  int64_t disk_bytes = 0;  // of the cache
};

/// Embeds a few samples and texts of the training split with the model of `folder`: for the pass on
/// teacher.device, which takes no time where train.views is 0, and for the test, as compare() does
/// it, on the CPU.
TeacherTrial try_teacher(const RunConfig& config, const std::filesystem::path& folder,
                         const RunData& data);

}  // namespace clipstill::train
