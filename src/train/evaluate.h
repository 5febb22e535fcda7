// Embedding whole sets and measuring retrieval and zero-shot accuracy on them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/pair_set.h"
#include "train/model_folder.h"

namespace clipstill::train {

/// Image embeddings of a set without augmentation, row-major [size, D], L2-normalised.
std::vector<float> embed_images(Model& model, const data::PairSet& set);
/// Embeddings of texts, [count, D].
std::vector<float> embed_texts(Model& model, const std::vector<std::string>& texts);

struct Evaluation {
  /// "en/image_to_text/recall@1", "en/zero_shot/accuracy", …, "mean/recall@1"; in [0, 1].
  std::map<std::string, double> metrics;
  /// Per image: the mean over languages and directions of its hits at rank 1; intervals are
  /// bootstrapped over these.
  std::vector<float> hits;
};

/// Retrieval in both directions between the images and the first texts of each language, recall
/// at 1, 5 and 10, and zero-shot accuracy over the set's labels with its templates.
Evaluation evaluate(Model& model, const data::PairSet& set);

}  // namespace clipstill::train
