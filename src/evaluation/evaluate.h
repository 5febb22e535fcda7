// Retrieval and zero-shot accuracy of whatever embeds images and texts: a model in libtorch, or a
// bundle in ONNX Runtime.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/pair_set.h"

namespace clipstill::evaluation {

/// Rows of L2-normalised embeddings, [count, width].
struct Embedders {
  int64_t width = 0;
  std::function<std::vector<float>(const data::PairSet& set)> images;
  std::function<std::vector<float>(const std::vector<std::string>& texts)> texts;
};

using Metrics = std::map<std::string, double>;

struct Evaluation {
  /// "en/image_to_text/recall@1", "en/zero_shot/accuracy", …, "mean/recall@1"; in [0, 1].
  Metrics metrics;
  /// Per image: the mean over languages and directions of its hits at rank 1; intervals are
  /// bootstrapped over these.
  std::vector<float> hits;
};

/// Retrieval in both directions between the images and the first texts of each language, recall
/// at 1, 5 and 10, and zero-shot accuracy over the set's labels with its templates.
Evaluation evaluate(const data::PairSet& set, const Embedders& embed);

}  // namespace clipstill::evaluation
