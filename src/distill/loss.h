// What every distillation loss sees and returns. A loss is one file with one factory, and one
// line in registry.cpp.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "core/options.h"

namespace clipstill::distill {

/// One batch of N pairs. Embeddings are L2-normalised, float.
struct LossInput {
  torch::Tensor student_image, student_text;  // [N, D]
  torch::Tensor student_scale;                // tau_s = exp(logit_scale), scalar
  torch::Tensor teacher_image, teacher_text;  // [N, Dt]; undefined without a teacher
  double teacher_scale = 0;                   // tau_t
  /// [N, N], rows sum to 1: of images among texts and of texts among images. Pairs of equal label
  /// or text share, and an image's target is on all of its texts in the batch; only there do the
  /// two differ (data/matches.h).
  torch::Tensor targets, text_targets;
};

/// A sum and its count, so that uneven batches and processes aggregate correctly; the mean is
/// sum / count.
struct LossOutput {
  torch::Tensor sum;  // scalar
  double count = 0;
};

class Loss : public torch::nn::Module {
 public:
  /// Learnable parts (projections, scales) are registered parameters: the optimiser trains them
  /// and checkpoints keep them.
  virtual LossOutput forward(const LossInput& input) = 0;
  /// Brings learnable parts back to where they may be, after an optimiser step.
  virtual void after_step() {}
};

/// Widths that a loss may need to build its projections.
struct LossContext {
  int64_t student_dim = 0;
  int64_t teacher_dim = 0;  // 0 without a teacher
};

/// Weight over training: linear from `weight` to `final_weight` between the shares `start` and
/// `end` of all steps; constant where final_weight is negative.
struct WeightSchedule {
  double weight = 0;  // 0 = the loss is off
  double final_weight = -1;
  double start = 0, end = 1;

  double at(int64_t step, int64_t steps) const;
};

/// A loss with the options it declares under "loss.<name>".
class LossSpec {
 public:
  LossSpec(std::string name, bool needs_teacher)
      : name_(std::move(name)), needs_teacher_(needs_teacher) {}
  virtual ~LossSpec() = default;

  const std::string& name() const { return name_; }
  bool needs_teacher() const { return needs_teacher_; }
  bool active() const { return schedule.weight > 0 || schedule.final_weight > 0; }

  void declare(OptionSet& set);
  virtual std::shared_ptr<Loss> make(const LossContext& context) const = 0;

  WeightSchedule schedule;

 protected:
  /// The loss's own options, beside its weight schedule.
  virtual void declare_own(OptionSet&, const std::string& /*prefix*/) {}

 private:
  std::string name_;
  bool needs_teacher_;
};

/// All known losses, each off unless its weight says otherwise; "ce" starts at weight 1.
std::vector<std::unique_ptr<LossSpec>> make_loss_specs();

/// The factories behind the registry; one file implements each.
std::unique_ptr<LossSpec> make_ce();
std::unique_ptr<LossSpec> make_kl();
std::unique_ptr<LossSpec> make_fd();
std::unique_ptr<LossSpec> make_icl();
std::unique_ptr<LossSpec> make_style();
std::unique_ptr<LossSpec> make_dkd();
std::unique_ptr<LossSpec> make_gd();
std::unique_ptr<LossSpec> make_similarity();
std::unique_ptr<LossSpec> make_afd();

/// tau z_image z_text^T [N, N] of the student and of the teacher, divided by the temperature.
torch::Tensor student_logits(const LossInput& input, double temperature = 1);
torch::Tensor teacher_logits(const LossInput& input, double temperature = 1);

/// In place of logits that are left out of a softmax; finite, so that no difference is NaN.
inline constexpr double kLeftOut = -1e9;

/// Row-wise soft cross-entropy summed over rows: -sum_ij targets_ij log softmax(logits_i)_j.
torch::Tensor soft_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets);

}  // namespace clipstill::distill
