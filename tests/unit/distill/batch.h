// Batches and losses as the tests of this folder need them.
#pragma once

#include <fmt/format.h>
#include <torch/torch.h>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../nn/tensors.h"
#include "distill/loss.h"

namespace clipstill::distill {

using nn::Matrix;
using nn::Vector;

constexpr double kStudentScale = 7.5, kTeacherScale = 11.0;

inline torch::Tensor unit_rows(int64_t rows, int64_t width, uint64_t seed) {
  const auto x = nn::normal({rows, width}, seed);
  return x / x.norm(2, 1, /*keepdim=*/true);
}

/// Pairs of equal label share the target evenly. Double, so that differences are the formula's.
inline LossInput make_batch(const std::vector<int>& labels, const LossContext& widths,
                            uint64_t seed) {
  const auto n = static_cast<int64_t>(labels.size());
  LossInput batch;
  batch.student_image = unit_rows(n, widths.student_dim, seed);
  batch.student_text = unit_rows(n, widths.student_dim, seed + 1);
  batch.student_scale = torch::tensor(kStudentScale, torch::kDouble);
  if (widths.teacher_dim > 0) {
    batch.teacher_image = unit_rows(n, widths.teacher_dim, seed + 2);
    batch.teacher_text = unit_rows(n, widths.teacher_dim, seed + 3);
    batch.teacher_scale = kTeacherScale;
  }
  batch.targets = torch::zeros({n, n}, torch::kDouble);
  for (int64_t i = 0; i < n; ++i) {
    const auto same = [&](int64_t j) { return labels[size_t(i)] == labels[size_t(j)]; };
    int count = 0;
    for (int64_t j = 0; j < n; ++j) count += same(j) ? 1 : 0;
    for (int64_t j = 0; j < n; ++j) batch.targets[i][j] = same(j) ? 1.0 / count : 0.0;
  }
  batch.text_targets = batch.targets.clone();
  return batch;
}

/// The same, where the last text is the first image's too, but the first text not the last image's.
inline LossInput many_to_many(LossInput batch) {
  auto right = (batch.targets > 0).to(torch::kDouble);
  right[0][-1] = 1;
  batch.targets = right / right.sum(1, /*keepdim=*/true);
  batch.text_targets = right.t() / right.t().sum(1, /*keepdim=*/true);
  return batch;
}

/// The loss that is registered as `name`, in double, with options set as a user sets them.
inline std::shared_ptr<Loss> make_loss(const std::string& name, const LossContext& widths,
                                       const std::vector<std::string>& overrides = {}) {
  for (const auto& spec : make_loss_specs()) {
    if (spec->name() != name) continue;
    OptionSet set;
    spec->declare(set);
    for (const auto& assignment : overrides) set.assign_override(assignment);
    auto loss = spec->make(widths);
    loss->to(torch::kDouble);
    return loss;
  }
  throw std::runtime_error("no loss " + name);
}

}  // namespace clipstill::distill
