// Embedding whole sets with a model, and what evaluation/ measures on them.
#pragma once

#include <string>
#include <vector>

#include "evaluation/evaluate.h"
#include "train/model_folder.h"

namespace clipstill::train {

/// Image embeddings of a set without augmentation, row-major [size, D], L2-normalised.
std::vector<float> embed_images(Model& model, const data::PairSet& set);
/// Embeddings of texts, [count, D].
std::vector<float> embed_texts(Model& model, const std::vector<std::string>& texts);

using evaluation::Evaluation;

/// evaluation::evaluate() of a model.
Evaluation evaluate(Model& model, const data::PairSet& set);

}  // namespace clipstill::train
