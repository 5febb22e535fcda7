// Embedding whole sets with a model, and what evaluation/ measures on them.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/calibration.h"
#include "evaluation/evaluate.h"
#include "train/model_folder.h"

namespace clipstill::train {

/// Image embeddings of a set without augmentation, row-major [size, D], L2-normalised.
std::vector<float> embed_images(Model& model, const data::PairSet& set);
/// Embeddings of texts, [count, D].
std::vector<float> embed_texts(Model& model, const std::vector<std::string>& texts);

/// What makes embeddings [N, D] of one batch: the model itself, or a graph made of it.
struct BatchEncoders {
  std::function<torch::Tensor(const torch::Tensor& pixels)> images;  // [N, 3, S, S]
  /// ids [N, L] int64, mask [N, L] bool
  std::function<torch::Tensor(const torch::Tensor& ids, const torch::Tensor& mask)> texts;
};

/// Embeds with them whatever the model's preprocessing and tokenizer prepare. `model` must outlive
/// the result.
evaluation::Embedders embedders(const Model& model, BatchEncoders encoders);

/// evaluation::Answers of a model; `set` must outlive them.
evaluation::Answers answers(Model& model, const data::PairSet& set);

/// evaluation::label_calibration() of a model at its own scale.
std::map<std::string, evaluation::LabelCalibration> label_calibration(Model& model,
                                                                      const data::PairSet& set);

using evaluation::Evaluation;

/// evaluation::evaluate() of a model.
Evaluation evaluate(Model& model, const data::PairSet& set);

}  // namespace clipstill::train
