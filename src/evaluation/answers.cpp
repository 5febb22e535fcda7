#include "evaluation/answers.h"

#include "core/error.h"
#include "evaluation/joined_labels.h"

namespace clipstill::evaluation {

TextTargets text_targets(const data::PairSet& set, size_t language) {
  TextTargets targets;
  targets.image_labels = joined_labels(set, language);
  for (int64_t sample = 0; sample < set.size(); ++sample) {
    const auto& ids = set.texts_of(sample)[language];
    if (ids.empty()) continue;
    const auto [row, fresh] = targets.row_of.emplace(ids.front(), targets.texts.size());
    if (fresh) {
      targets.texts.push_back(set.texts()[ids.front()]);
      targets.labels.push_back(targets.image_labels[sample]);
      targets.samples.push_back(sample);
      targets.images.push_back(0);
    }
    ++targets.images[row->second];
  }
  return targets;
}

namespace {

metrics::Matrix row(const metrics::Matrix& matrix, int64_t i) {
  const auto width = static_cast<size_t>(matrix.columns);
  return {matrix.data.subspan(static_cast<size_t>(i) * width, width), 1, matrix.columns};
}

}  // namespace

Answers::Answers(const data::PairSet& set, const Embedders& embed)
    : set_(set), width_(embed.width) {
  if (set.size() == 0) {
    fail(ErrorCode::kBadData,
         "there are no pairs to evaluate on in this split; choose another (--split), name a domain "
         "in data.holdout, or mark records split=test");
  }
  if (set.languages().empty()) {
    fail(ErrorCode::kBadData,
         "none of the {} pairs to evaluate on has a text in the chosen languages; choose others "
         "(data.languages) or another split",
         set.size());
  }
  for (size_t language = 0; language < set.languages().size(); ++language) {
    targets_.push_back(text_targets(set, language));
  }
  images_ = embed.images(set);
  for (const auto& targets : targets_) texts_.push_back(embed.texts(targets.texts));
}

std::vector<int64_t> Answers::ranks(QueryKind kind) const {
  const auto images = image_embeddings(), texts = text_embeddings(kind.language);
  const auto& targets = targets_[kind.language];
  return kind.by_text ? metrics::correct_ranks(texts, targets.labels, images, targets.image_labels)
                      : metrics::correct_ranks(images, targets.image_labels, texts, targets.labels);
}

std::vector<int64_t> Answers::nearest(QueryKind kind, int64_t query, int k) const {
  const auto images = image_embeddings(), texts = text_embeddings(kind.language);
  return kind.by_text ? metrics::top_k(row(texts, query), images, k)
                      : metrics::top_k(row(images, query), texts, k);
}

}  // namespace clipstill::evaluation
