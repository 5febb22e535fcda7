#include "metrics/zero_shot.h"

#include <cmath>

namespace clipstill::metrics {

std::vector<float> class_embeddings(const Matrix& prompts, const ClassPrompts& classes) {
  const int64_t dim = prompts.columns;
  std::vector<float> out(classes.labels.size() * static_cast<size_t>(dim), 0.0f);
  for (int64_t row = 0; row < prompts.rows; ++row) {
    float* sum = &out[static_cast<size_t>(classes.class_of_prompt[row] * dim)];
    for (int64_t i = 0; i < dim; ++i) sum[i] += prompts.data[static_cast<size_t>(row * dim + i)];
  }
  for (size_t c = 0; c < classes.labels.size(); ++c) {
    float* embedding = &out[c * static_cast<size_t>(dim)];
    double square = 0;
    for (int64_t i = 0; i < dim; ++i) square += static_cast<double>(embedding[i]) * embedding[i];
    const auto inverse = static_cast<float>(square > 0 ? 1 / std::sqrt(square) : 0);
    for (int64_t i = 0; i < dim; ++i) embedding[i] *= inverse;
  }
  return out;
}

ZeroShotAccuracy zero_shot(const Matrix& images, std::span<const int64_t> labels,
                           const Matrix& prompts, const ClassPrompts& classes, int threads) {
  const auto embeddings = class_embeddings(prompts, classes);
  const Matrix targets{embeddings, static_cast<int64_t>(classes.labels.size()), prompts.columns};
  const auto ranks = correct_ranks(images, labels, targets, classes.labels, threads);
  return {recall_at(ranks, 1), recall_at(ranks, 5)};
}

}  // namespace clipstill::metrics
