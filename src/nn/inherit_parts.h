// What the parts of inheritance share.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "nn/clip_model.h"
#include "nn/named_tensors.h"
#include "nn/transformer.h"

namespace clipstill::nn {

/// `count` of the indices 0 to `from` - 1, evenly spread, the first and the last among them.
std::vector<int64_t> spread(int64_t count, int64_t from);

/// The indices of the `count` largest of `importance` [n], ascending; of equals the first.
torch::Tensor largest(const torch::Tensor& importance, int64_t count);

/// Non-negative values as shares of their sum.
torch::Tensor shares(const torch::Tensor& values);

/// Two models by the names of their tensors, which are live.
struct Inheritance {
  Inheritance(ClipModelImpl& student_model, const ClipModelImpl& teacher_model);

  /// A tensor of the teacher in double: a copy made by each call, so that a large teacher is never
  /// in memory twice.
  torch::Tensor from(const std::string& name) const;
  /// Writes over a tensor of the student; `value` has its shape.
  void give(const std::string& name, const torch::Tensor& value) const;
  /// Whether a tower's projection is there and of one width in both.
  bool has_projection(const std::string& name) const;

  NamedTensors student, teacher;
};

/// Takes over the pre-norm transformer `prefix` and the projection `projection` after it. `inputs`
/// are rows [n, W] that the tower writes to the stream before the first layer. Returns the basis
/// [W, w] of the student's stream: what is x in the teacher's is x basis in the student's.
torch::Tensor inherit_transformer(const Inheritance& both, const std::string& prefix,
                                  const std::string& projection, const TransformerOptions& teacher,
                                  const TransformerOptions& student,
                                  const std::vector<torch::Tensor>& inputs);

void inherit_resnet(const Inheritance& both, const ImageTowerOptions& teacher,
                    const ImageTowerOptions& student, const torch::Tensor& images);
void inherit_vit(const Inheritance& both, const ImageTowerOptions& teacher,
                 const ImageTowerOptions& student);
void inherit_text_transformer(const Inheritance& both, const TextTowerOptions& teacher,
                              const TextTowerOptions& student,
                              const std::vector<std::vector<int32_t>>& pieces);

}  // namespace clipstill::nn
