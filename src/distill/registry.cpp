#include "distill/loss.h"

namespace clipstill::distill {

// A new loss: one file, one line here.
std::vector<std::unique_ptr<LossSpec>> make_loss_specs() {
  std::vector<std::unique_ptr<LossSpec>> specs;
  specs.push_back(make_ce());
  specs.push_back(make_style());
  specs.push_back(make_kl());
  specs.push_back(make_fd());
  specs.push_back(make_icl());
  specs.push_back(make_dkd());
  specs.push_back(make_gd());
  specs.push_back(make_similarity());
  specs.push_back(make_afd());
  specs.front()->schedule.weight = 1;
  return specs;
}

double WeightSchedule::at(int64_t step, int64_t steps) const {
  if (final_weight < 0) return weight;
  const double progress = steps > 0 ? static_cast<double>(step) / static_cast<double>(steps) : 0;
  if (progress <= start) return weight;
  if (progress >= end) return final_weight;
  return weight + (final_weight - weight) * (progress - start) / (end - start);
}

void LossSpec::declare(OptionSet& set) {
  const std::string prefix = "loss." + name_;
  set.add(prefix + ".weight", schedule.weight, "weight of this loss; 0 = off").range(0, 1e6);
  set.add(prefix + ".final_weight", schedule.final_weight,
          "weight at the end of its schedule; -1 = constant")
      .range(-1, 1e6);
  set.add(prefix + ".start", schedule.start, "share of training where the schedule starts")
      .range(0, 1);
  set.add(prefix + ".end", schedule.end, "share of training where the schedule ends").range(0, 1);
  declare_own(set, prefix);
}

torch::Tensor student_logits(const LossInput& in, double temperature) {
  return (in.student_scale / temperature) * torch::matmul(in.student_image, in.student_text.t());
}

torch::Tensor teacher_logits(const LossInput& in, double temperature) {
  return (in.teacher_scale / temperature) * torch::matmul(in.teacher_image, in.teacher_text.t());
}

torch::Tensor soft_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets) {
  return -(targets * torch::log_softmax(logits, 1)).sum();
}

}  // namespace clipstill::distill
