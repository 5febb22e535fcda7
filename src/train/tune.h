// A short training of a finished student in another form, such as graphs in int8: with the losses,
// the soft labels and the pairs of its run.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "train/active_losses.h"
#include "train/batch_encoders.h"
#include "train/config.h"
#include "train/model_folder.h"
#include "train/run_data.h"
#include "train/teacher.h"

namespace clipstill::train {

struct TuneOptions {
  int64_t steps = 0;
  double lr = 0;  // constant, without weight decay
};

struct TunedStudent {
  BatchEncoders encoders;
  /// What they are made of: live leaves that require gradients.
  std::vector<std::pair<std::string, torch::Tensor>> weights;
};

class Tuner {
 public:
  /// Opens what it needs. `config` and `data` are those of the run in `folder`, `model` is what it
  /// kept; all outlive it. Losses have the weight that they end the run with, and learnable parts
  /// of theirs come from its last checkpoint. kMissingFile where that checkpoint is needed and not
  /// there; errors of TeacherCache.
  Tuner(const RunConfig& config, const RunData& data, const Model& model,
        const std::filesystem::path& folder);

  /// Moves the weights in place; the model's logit scale stays as it is. The pairs come in another
  /// order than in the run. Deterministic for a fixed number of threads. To be called once.
  /// kBadData where a loss is not finite.
  void run(const TunedStudent& student, const TuneOptions& options);

 private:
  const RunConfig& config_;
  const RunData& data_;
  const Model& model_;
  std::filesystem::path folder_;
  SoftLabelCaches labels_;
  std::vector<ActiveLoss> losses_;
};

}  // namespace clipstill::train
