// What an optimiser step changes: the student's weights, the learnable parts of its losses, the
// optimiser's moments, and the average of the weights.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/loader.h"
#include "train/active_losses.h"
#include "train/average.h"
#include "train/config.h"
#include "train/contrastive_step.h"
#include "train/optimizer.h"

namespace clipstill::train {

/// How the loader is to prepare the batches of this config.
data::LoaderOptions loader_options(const RunConfig& config);

class Learner {
 public:
  /// Trains `network`, which is initial_network() of this config, or one of its shape for a
  /// checkpoint to be loaded into. `config` must outlive it. kUsage where no loss has a weight.
  /// `teachers` may be empty where no loss needs one.
  Learner(const RunConfig& config, nn::ClipModel network,
          const std::vector<TeacherShape>& teachers);

  /// Leaves the gradients of the losses in the parameters; returns their means by name, with "loss"
  /// for the weighted sum. `observer` as in StepOptions.
  std::map<std::string, double> backward(
      data::Batch& batch, int64_t step,
      const std::function<void(const distill::LossInput&)>& observer = nullptr);
  /// Moves the weights by these gradients, and the average after them. Returns the norm of the
  /// gradient before clipping; where it is not finite the average has not moved.
  double update(int64_t step);

  nn::ClipModel& network() { return network_; }
  const nn::ClipModel& network() const { return network_; }
  const NamedTensors& weights() const { return weights_; }
  AdamW& optimizer() { return *optimizer_; }
  WeightAverage& average() { return *average_; }
  /// The network's weights and, under "loss.<name>.", the losses' own; those for the second teacher
  /// under "loss.<name>.teacher2.".
  NamedTensors all_weights() const;

 private:
  const RunConfig& config_;
  std::vector<double> teacher_scales_;
  nn::ClipModel network_;
  std::vector<ActiveLoss> losses_;
  NamedTensors weights_;
  std::optional<WeightAverage> average_;
  std::optional<AdamW> optimizer_;
};

}  // namespace clipstill::train
