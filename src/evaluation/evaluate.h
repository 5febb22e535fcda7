// Retrieval and zero-shot accuracy of whatever embeds images and texts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/pair_set.h"
#include "evaluation/embedders.h"

namespace clipstill::evaluation {

using Metrics = std::map<std::string, double>;

struct Evaluation {
  /// "en/image_to_text/recall@1", "en/zero_shot/accuracy", …, "mean/recall@1"; in [0, 1].
  Metrics metrics;
  /// Per image its part in "mean/recall@1", which is their mean; intervals are bootstrapped over
  /// these. With one text in every language for each image, the share of its questions that were
  /// answered right.
  std::vector<float> hits;
};

/// Retrieval in both directions between the images and the first texts of each language, recall
/// at 1, 5 and 10, and zero-shot accuracy over the set's labels with its templates.
Evaluation evaluate(const data::PairSet& set, const Embedders& embed);

/// Evaluation::hits of a model that answers every query of `set` right.
std::vector<float> best_hits(const data::PairSet& set);

}  // namespace clipstill::evaluation
