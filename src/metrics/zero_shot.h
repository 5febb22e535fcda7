// Zero-shot classification by text prompts (Radford et al. 2021).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/retrieval.h"

namespace clipstill::metrics {

struct ClassPrompts {
  std::vector<int64_t> labels;           // label of each class
  std::vector<int64_t> class_of_prompt;  // class index of each prompt row
};

struct ZeroShotAccuracy {
  double top1 = 0, top5 = 0;  // in [0, 1]
};

/// One embedding per class: the mean of its prompts' normalised embeddings, normalised again.
std::vector<float> class_embeddings(const Matrix& prompts, const ClassPrompts& classes);

/// Accuracy of the nearest class; ties count against the model.
ZeroShotAccuracy zero_shot(const Matrix& images, std::span<const int64_t> labels,
                           const Matrix& prompts, const ClassPrompts& classes, int threads = 0);

}  // namespace clipstill::metrics
