// Embedding whole sets with a model, and what evaluation/ measures on them.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/calibration.h"
#include "evaluation/evaluate.h"
#include "train/batch_encoders.h"
#include "train/model_folder.h"

namespace clipstill::train {

/// Image embeddings of a set without augmentation, row-major [size, D], L2-normalised.
std::vector<float> embed_images(Model& model, const data::PairSet& set);
/// Embeddings of texts, [count, D].
std::vector<float> embed_texts(Model& model, const std::vector<std::string>& texts);

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
