// Forward and backward of one batch, at once or in chunks.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/loader.h"
#include "nn/clip_model.h"
#include "train/active_losses.h"
#include "train/batch_encoders.h"

namespace clipstill::train {

/// What a step trains.
struct StepStudent {
  BatchEncoders encoders;
  torch::Tensor scale;                         // exp(logit_scale), a scalar
  int64_t image_size = 0;                      // S
  std::vector<torch::Tensor> statistics = {};  // live buffers that encoding moves: batch norm's
};

struct StepOptions {
  int64_t micro_batch = 0;  // 0 = the whole batch at once
  bool bf16 = false;
  std::vector<double> teacher_scales;  // of Batch::teachers
  int64_t step = 0, steps = 0;         // for weight schedules
  /// Sees what the losses see, the whole batch, before they do: once for each teacher, and once
  /// where there is none. May be empty.
  std::function<void(const distill::LossInput&)> observer = nullptr;
};

/// Leaves the gradients of the weighted sum of the losses in the parameters and returns the
/// losses' means by name, with "loss" for the sum.
///
/// With a micro batch smaller than the batch, embeddings are computed twice (GradCache, Gao et al.
/// 2021): first without gradients for all chunks; the losses and their gradients with respect to
/// the embeddings see the whole batch; then chunk by chunk again to carry those gradients into the
/// towers. The result is that of one big batch, up to batch-norm statistics, which are a chunk's.
std::map<std::string, double> contrastive_step(const StepStudent& student,
                                               const std::vector<ActiveLoss>& losses,
                                               data::Batch& batch, const StepOptions& options);
std::map<std::string, double> contrastive_step(nn::ClipModel& model,
                                               const std::vector<ActiveLoss>& losses,
                                               data::Batch& batch, const StepOptions& options);

}  // namespace clipstill::train
