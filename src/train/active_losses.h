// The losses of a run that have a weight, with their learnable parts.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "distill/loss.h"
#include "train/config.h"
#include "train/tensors.h"

namespace clipstill::train {

/// What a student learns from: the width and exp(logit_scale) of a teacher's soft labels, and its
/// share in the losses' means over the teachers.
struct TeacherShape {
  int64_t dim = 0;
  double scale = 0;
  double share = 1;
};

/// An active loss: what it was declared as, and its module. Of several teachers each has a module
/// of its own, with projections to its own width; the loss is their mean, in which they have
/// shares.
struct ActiveLoss {
  const distill::LossSpec* spec = nullptr;
  std::shared_ptr<distill::Loss> module;
  size_t teacher = 0;
  double share = 1;  // of all modules of this loss: their sum is 1
};

/// Their initial weights are a function of config.train.seed; `teachers` may be empty where no loss
/// needs one. `config` must outlive them. kUsage where no loss has a weight.
std::vector<ActiveLoss> make_losses(const RunConfig& config,
                                    const std::vector<TeacherShape>& teachers);

/// Their tensors as checkpoints name them, live: "loss.<name>.<tensor>", and for the second teacher
/// "loss.<name>.teacher2.<tensor>".
NamedTensors loss_tensors(const std::vector<ActiveLoss>& losses);
/// Those of them that are trained, in a fixed order.
std::vector<std::pair<std::string, torch::Tensor>> loss_parameters(
    const std::vector<ActiveLoss>& losses);

}  // namespace clipstill::train
