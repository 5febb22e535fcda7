// What a model answers to the questions of a test: which texts belong to an image, which images to
// a text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/pair_set.h"
#include "evaluation/embedders.h"
#include "metrics/retrieval.h"

namespace clipstill::evaluation {

/// The first texts of one language, once each, with label and sample of the first image that has
/// it. Labels are joined_labels().
struct TextTargets {
  std::vector<std::string> texts;
  std::vector<int64_t> labels, samples;
  std::vector<int64_t> images;        // how many have this text
  std::map<int64_t, size_t> row_of;   // text id -> row
  std::vector<int64_t> image_labels;  // by sample
};

TextTargets text_targets(const data::PairSet& set, size_t language);

/// Images ask for texts of a language, or its texts for images.
struct QueryKind {
  size_t language = 0;  // index of PairSet::languages()
  bool by_text = false;
};

/// A model's embeddings of a set, and the answers that follow from them. Queries and targets are
/// the images of the set, by sample, and the texts of TextTargets, by row.
class Answers {
 public:
  /// Embeds all of `set`, which must outlive this. kBadData where the set is empty or has no text.
  Answers(const data::PairSet& set, const Embedders& embed);

  const data::PairSet& set() const { return set_; }
  const TextTargets& texts(size_t language) const { return targets_[language]; }
  metrics::Matrix image_embeddings() const { return {images_, set_.size(), width_}; }
  metrics::Matrix text_embeddings(size_t language) const {
    return {texts_[language], static_cast<int64_t>(targets_[language].texts.size()), width_};
  }

  /// Of each query, metrics::correct_ranks().
  std::vector<int64_t> ranks(QueryKind kind) const;
  /// The k best targets of one query, best first.
  std::vector<int64_t> nearest(QueryKind kind, int64_t query, int k) const;

 private:
  const data::PairSet& set_;
  int64_t width_;
  std::vector<TextTargets> targets_;  // by language
  std::vector<float> images_;
  std::vector<std::vector<float>> texts_;  // by language
};

}  // namespace clipstill::evaluation
